import { useQuery } from '@tanstack/react-query'
import { client } from '../server/client.ts'
import { live } from './live.ts'

/** The processes that run turns, as they are now. */
export function useWorkers() {
  return useQuery({ queryKey: ['durable', 'workers'], queryFn: ({ signal }) => client.durable.workers.list.query(undefined, { signal }), ...live(2_000) })
}
