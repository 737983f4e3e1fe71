import type { RepriseClient } from '../create-reprise-client.ts'
import { postMessage, type NewMessage } from '../post-message.ts'
import { retryCall } from '../retry-call.ts'

/**
 * Answers a message again; resolves with the id of the new turn. It may never have arrived: then this posts it. Its turn may
 * still run: then that is the one. A turn that failed is retried; after any other end the message is posted once more.
 */
export async function repeatMessage(client: RepriseClient, message: NewMessage): Promise<string> {
  const posted = await postMessage(client, message)
  if (posted.delivery !== 'duplicate') return posted.turn_id
  const workflow_id = posted.turn_id
  let turn = await retryCall(() => client.durable.workflows.get.query({ workflow_id }))
  // A retry that failed as well is retried in its turn.
  while (turn.status === 'failed') {
    const dead_letter_id = turn.id
    turn = await retryCall(() => client.durable.dlq.retry.mutate({ dead_letter_id }))
  }
  if (turn.ended_at === null) return turn.id
  const { idempotency_key: _, ...again } = message
  return (await postMessage(client, again)).turn_id
}
