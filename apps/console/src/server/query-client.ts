import { isPassing, readError } from '@reprise/client'
import { QueryCache, QueryClient } from '@tanstack/react-query'
import { loginKey } from './login.ts'

const retriesMax = 3

/** What the server said stays shown while it is asked again, and what it refuses for good is not asked for twice. */
export const queryClient: QueryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 5_000, retry: (failures, error) => failures < retriesMax && isPassing(error) },
  },
  queryCache: new QueryCache({
    // A login that ended is seen by whatever is asked next.
    onError: (error) => {
      if (readError(error)?.code === 'unauthorized') void queryClient.invalidateQueries({ queryKey: loginKey })
    },
  }),
})
