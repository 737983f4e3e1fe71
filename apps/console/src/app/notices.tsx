import { useNotifications } from '@mantine/notifications'
import { lazy, Suspense } from 'react'

const ShownNotices = lazy(async () => ({ default: (await import('./shown-notices.tsx')).ShownNotices }))

/** What is said in a corner for a moment: that something was done, or was not. Until then there is nothing to load for it. */
export function Notices() {
  return useNotifications().notifications.length > 0 && <Suspense><ShownNotices /></Suspense>
}
