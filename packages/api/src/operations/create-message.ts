import type { MessageBody } from '@reprise/compute'
import { AppError, newId, type Delivery } from '@reprise/contract'
import type { AcceptOutcome, IncomingMessage } from '@reprise/engine'
import { readAcceptedBefore, readMessage, wasImageDeleted, type StoredMessage } from '@reprise/store'
import type { Caller, PostingServices } from '../services.ts'
import { unknownModel } from './check-agent-settings.ts'
import { checkImageFiles } from './check-image-files.ts'
import { findImageRefusal } from './find-image-refusal.ts'
import { storeMessageImages } from './store-message-images.ts'

export interface CreateMessageInput {
  session_id: string
  idempotency_key: string | null
  body: MessageBody
}

export interface CreatedMessage {
  message: StoredMessage
  delivery: Delivery
}

/** Seconds after which a waiting turn of the session has probably ended. */
export const queueRetrySeconds = 5

/** Accepts a user's message: committed with its turn when this returns. */
export async function createMessage(services: PostingServices, caller: Caller, input: CreateMessageInput): Promise<CreatedMessage> {
  const { session_id, idempotency_key, body } = input
  const { controls } = body.request
  const imageRefusal = await findImageRefusal(services, caller, session_id, body)
  if (imageRefusal) return await repeatOr(services, caller, input, imageRefusal)
  const incoming: IncomingMessage = {
    organization_id: caller.organization_id,
    session_id,
    message_id: newId('message'),
    ...pickTexts(body),
    model_id: controls?.model_id ?? null,
    reasoning_effort: controls?.reasoning?.effort ?? null,
    error_disclosure: controls?.error_disclosure ?? null,
    when_busy: controls?.when_busy ?? null,
    idempotency_key,
    body_sha256: body.body_sha256,
    image_ids: await storeMessageImages(services, caller, session_id, body),
  }
  const accepted = await acceptMessage(services, caller, incoming, body)
  switch (accepted.outcome) {
    case 'stored':
      return { message: accepted.message, delivery: accepted.delivery }
    case 'duplicate':
      return { message: await readFirst(services, caller, session_id, accepted.first_sequence), delivery: 'duplicate' }
    case 'session_not_found':
      throw new AppError('session_not_found')
    case 'unknown_model':
      return await repeatOr(services, caller, input, describeUnknownModel(controls?.model_id))
    case 'key_reused':
      throw new AppError('idempotency_key_reused')
    case 'busy':
      throw new AppError('session_busy')
    case 'queue_full':
      throw new AppError('queue_full', { retryAfterSeconds: queueRetrySeconds })
  }
}

/** An image that was there when the message came may be deleted before the message holds it: then it is unknown after all. */
async function acceptMessage(services: PostingServices, caller: Caller, incoming: IncomingMessage, body: MessageBody): Promise<AcceptOutcome> {
  try {
    return await services.engine.acceptMessage(incoming)
  } catch (error) {
    if (wasImageDeleted(error)) await checkImageFiles(services, caller, body.request.message.content)
    throw error
  }
}

/** What was accepted once is answered again, whatever has become of its model since. Anything else is refused. */
async function repeatOr(services: PostingServices, caller: Caller, { session_id, idempotency_key, body }: CreateMessageInput, refusal: AppError): Promise<CreatedMessage> {
  const before = idempotency_key === null ? null : await readAcceptedBefore(services.db, caller.organization_id, session_id, idempotency_key)
  if (!before) throw refusal
  if (before.body_sha256 !== body.body_sha256) throw new AppError('idempotency_key_reused')
  return { message: await readFirst(services, caller, session_id, before.message_sequence), delivery: 'duplicate' }
}

function describeUnknownModel(modelId: string | null | undefined): AppError {
  if (modelId) return unknownModel('controls.model_id', modelId)
  return new AppError('unknown_model', { message: 'The model that session, agent or organization chose cannot answer: name another in controls.model_id' })
}

function pickTexts({ content_json, controls_json, metadata_json, tags_json, external_actor_json }: MessageBody): Pick<
  IncomingMessage,
  'content_json' | 'controls_json' | 'metadata_json' | 'tags_json' | 'external_actor_json'
> {
  return { content_json, controls_json, metadata_json, tags_json, external_actor_json }
}

async function readFirst({ db }: PostingServices, caller: Caller, sessionId: string, sequence: number): Promise<StoredMessage> {
  const message = await readMessage(db, caller.organization_id, sessionId, sequence)
  // Deleted between the accept and the reading.
  if (!message) throw new AppError('session_not_found')
  return message
}
