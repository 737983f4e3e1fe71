import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { client } from '../../server/client.ts'
import { describeError } from '../../ui/error-notice.tsx'

/** Cancels the session's running turn; those that wait behind it go on. */
export function useCancelTurn(session_id: string) {
  return useMutation({
    mutationFn: () => client.sessions.cancel.mutate({ session_id, scope: 'running' }),
    onError: (error) => notifications.show({ color: 'red', title: 'Not cancelled', message: describeError(error) }),
  })
}
