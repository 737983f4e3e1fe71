import { Title, VisuallyHidden } from '@mantine/core'
import { EmptyState } from '../ui/empty-state.tsx'

export function SessionsPage({ session_id }: { session_id: string | null }) {
  return (
    <>
      <VisuallyHidden><Title order={1}>Sessions</Title></VisuallyHidden>
      <EmptyState title="No session is open">{session_id}</EmptyState>
    </>
  )
}
