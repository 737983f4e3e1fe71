import { newId } from '@reprise/contract'
import { listMessageImages, readMessage, readTurn } from '@reprise/store'
import { acceptMessage, type AcceptServices } from './accept-message.ts'

export interface RetryRequest {
  organization_id: string
  turn_id: string
}

export type RetryOutcome =
  /** The turn that tries it again: the same one however often it is asked for. */
  | { outcome: 'retried'; turn_id: string; message_id: string }
  | { outcome: 'turn_not_found' | 'turn_not_failed' | 'queue_full' | 'unknown_model' }

/** Posts the message of a failed turn again, with a turn of its own: what has ended stays ended. */
export async function retryTurn(services: AcceptServices, { organization_id, turn_id }: RetryRequest): Promise<RetryOutcome> {
  const turn = await readTurn(services.db, organization_id, turn_id)
  if (!turn) return { outcome: 'turn_not_found' }
  if (turn.status !== 'failed') return { outcome: 'turn_not_failed' }
  const { session_id, input_sequence, model, reasoning_effort, error_disclosure } = turn
  const message = await readMessage(services.db, organization_id, session_id, input_sequence)
  if (!message) return { outcome: 'turn_not_found' }
  const { content_json, controls_json, metadata_json, tags_json, external_actor_json } = message
  const result = await acceptMessage(services, {
    organization_id,
    session_id,
    message_id: newId('message'),
    content_json,
    controls_json,
    metadata_json,
    tags_json,
    external_actor_json,
    model_id: model.id,
    reasoning_effort,
    error_disclosure,
    when_busy: 'enqueue',
    idempotency_key: `retry ${turn_id}`, // no caller's key has a space
    body_sha256: turn_id,
    image_ids: await listMessageImages(services.db, session_id, input_sequence),
    retry_of: turn_id,
  })
  switch (result.outcome) {
    case 'stored':
      return { outcome: 'retried', turn_id: result.message.turn_id, message_id: result.message.id }
    case 'duplicate':
      return { outcome: 'retried', turn_id: result.turn_id, message_id: result.message_id }
    case 'queue_full':
    case 'unknown_model':
      return { outcome: result.outcome }
    case 'session_not_found':
      return { outcome: 'turn_not_found' }
    case 'busy':
    case 'key_reused':
      throw new Error(`a retry cannot end as ${result.outcome}`)
  }
}
