import '@mantine/notifications/styles.css'
import { Notifications } from '@mantine/notifications'

/** What is said in a corner for a moment: that something was done, or was not. */
export function Notices() {
  return <Notifications position="bottom-right" />
}
