import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useLocation } from 'wouter'
import { client } from '../server/client.ts'
import { describeError } from '../ui/error-notice.tsx'

/** Creates a session with an agent, or with the model alone, and opens it. */
export function useCreateSession() {
  const [, navigate] = useLocation()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (agent_id: string | null) => client.sessions.create.mutate({ ...(agent_id !== null && { agent_id }) }),
    onSuccess: ({ id }) => {
      void queries.invalidateQueries({ queryKey: ['sessions'] })
      navigate(`/sessions/${id}`)
    },
    onError: (error) => notifications.show({ color: 'red', title: 'No session was made', message: describeError(error) }),
  })
}
