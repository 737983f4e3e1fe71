import { isPassing, postMessage } from '@reprise/client'
import type { Message } from '@reprise/contract'
import { client } from '../../server/client.ts'
import type { PendingMessages } from '../conversation/conversation.ts'
import { Outbox, type NewMessage } from './outbox.ts'
import type { Draft } from './use-draft.ts'

/** So long a message is tried to be sent while the server does not answer, or is busy. */
const patienceMs = 300_000

/** Sends the messages of one session. */
export class MessageSender {
  readonly #session_id: string
  readonly #pending: PendingMessages
  readonly #outbox: Outbox
  readonly #refused = new Map<string, NewMessage>()

  constructor(session_id: string, pending: PendingMessages) {
    this.#session_id = session_id
    this.#pending = pending
    this.#outbox = new Outbox(session_id)
  }

  /** Goes on with what was not answered when the page was left. */
  resume(): void {
    for (const message of this.#outbox.read()) void this.#post(message)
  }

  /** Shows the message at once, and goes on until the server has it. What is refused for good says why, where it stands. */
  send(draft: Draft): void {
    void this.#post(toMessage(this.#session_id, draft))
  }

  /** Sends again what was refused. */
  resend(id: string): void {
    const message = this.#refused.get(id) ?? this.#outbox.read().find((one) => toPendingId(one) === id)
    if (message) void this.#post(message)
  }

  async #post(message: NewMessage): Promise<void> {
    const id = toPendingId(message)
    this.#pending.remove(id)
    this.#pending.sending(showPending(message))
    this.#outbox.put(message)
    try {
      const stored = await postMessage(client, message, { patience_ms: patienceMs })
      this.#outbox.drop(message.idempotency_key)
      this.#pending.stored(id, stored as Message) // what the server says of arguments is always there
    } catch (error) {
      this.#pending.failed(id, error)
      if (isPassing(error)) return
      // What was refused for good would be refused by the next page too; it stays here to be mended.
      this.#refused.set(id, message)
      this.#outbox.drop(message.idempotency_key)
    }
  }
}

function toPendingId({ idempotency_key }: NewMessage): string {
  return `pending:${idempotency_key}`
}

function toMessage(session_id: string, { text, images, model_id, effort, when_busy }: Draft): NewMessage {
  const content: NewMessage['message']['content'] = images.map(({ image_id, filename }) => ({ type: 'image_file', image_id, filename }))
  if (text.trim() !== '') content.push({ type: 'text', text })
  const controls = { ...(model_id && { model_id }), ...(effort && { reasoning: { effort } }), ...(when_busy && { when_busy }) }
  return { session_id, idempotency_key: makeKey(), message: { content }, ...(Object.keys(controls).length > 0 && { controls }) }
}

/** Where a page came by plain http, there is no `crypto.randomUUID`. */
function makeKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function showPending(message: NewMessage): Message {
  const nothing = { controls: null, metadata: null, tags: [], thinking: null, thinking_signature: null, external_actor: null, turn_id: null }
  const content = message.message.content as Message['content'] // what may be sent may be shown
  return { ...nothing, id: toPendingId(message), session_id: message.session_id, sequence: 0, role: 'user', content, created_at: new Date().toISOString() }
}
