import type { RepriseClient } from '../create-reprise-client.ts'
import { postMessage, type NewMessage } from '../post-message.ts'
import { retryCall } from '../retry-call.ts'
import type { SessionEvent } from '../session-event.ts'

const endedStatuses: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled'])

/** The turn that answers the session's last message; null when it has answered, or there is none. */
export async function findRunningTurn(client: RepriseClient, session_id: string, signal: AbortSignal | undefined): Promise<string | null> {
  const call = { signal }
  const [last] = await retryCall(() => client.events.list.query({ session_id, types: ['input.message'], limit: 1 }, call), call)
  const turn_id = (last as SessionEvent | undefined)?.context.turn_id
  if (turn_id === undefined) return null
  const { status } = await getTurn(client, turn_id, signal)
  return endedStatuses.has(status) ? null : turn_id
}

/**
 * Answers a message again; resolves with the id of the new turn. It may never have arrived: then this posts it. Its turn may
 * still run: then that is the one. A turn that failed is retried; after any other end the message is posted once more.
 */
export async function repeatMessage(client: RepriseClient, message: NewMessage): Promise<string> {
  const posted = await postMessage(client, message)
  if (posted.delivery !== 'duplicate') return posted.turn_id
  let turn = await getTurn(client, posted.turn_id)
  // A retry that failed as well is retried in its turn.
  while (turn.status === 'failed') {
    const dead_letter_id = turn.id
    turn = await retryCall(() => client.durable.dlq.retry.mutate({ dead_letter_id }))
  }
  if (!endedStatuses.has(turn.status)) return turn.id
  const { idempotency_key: _, ...again } = message
  return (await postMessage(client, again)).turn_id
}

function getTurn(client: RepriseClient, workflow_id: string, signal?: AbortSignal) {
  return retryCall(() => client.durable.workflows.get.query({ workflow_id }, { signal }), { signal })
}
