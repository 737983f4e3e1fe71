import type { RepriseClient } from './create-reprise-client.ts'
import { retryCall } from './retry-call.ts'

/** The id of the turn that answers the session's last message; null when it has ended, or there is none. */
export async function findRunningTurn(client: RepriseClient, session_id: string, signal?: AbortSignal): Promise<string | null> {
  const call = { signal }
  const [last] = await retryCall(() => client.events.list.query({ session_id, types: ['input.message'], limit: 1 }, call), call)
  const workflow_id = last?.context.turn_id
  if (workflow_id === undefined) return null
  const { ended_at } = await retryCall(() => client.durable.workflows.get.query({ workflow_id }, call), call)
  return ended_at === null ? workflow_id : null
}
