import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { describeError } from './error-notice.tsx'

/** A change on the server: what it touches is read anew, and what it refuses is said. */
export function useChange<Input, Output>(queryKey: readonly string[], change: (input: Input) => Promise<Output>, onDone?: (output: Output) => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: change,
    onSuccess: (output) => {
      void queries.invalidateQueries({ queryKey })
      onDone?.(output)
    },
    onError: (error) => notifications.show({ color: 'red', title: 'Not done', message: describeError(error) }),
  })
}
