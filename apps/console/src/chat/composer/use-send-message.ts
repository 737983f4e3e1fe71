import { isPassing, postMessage } from '@reprise/client'
import type { Message } from '@reprise/contract'
import { useEffect, useState } from 'react'
import { client } from '../../server/client.ts'
import type { PendingMessages } from '../conversation/conversation.ts'
import { Outbox, type NewMessage } from './outbox.ts'
import type { Draft } from './use-draft.ts'

/** So long a message is tried to be sent while the server does not answer, or is busy. */
const patienceMs = 300_000

export interface Sending {
  /** Shows the message at once, and goes on until the server has it. What is refused for good says why, where it stands. */
  send(draft: Draft): void
  /** Sends again what was refused. */
  resend(id: string): void
}

/** Posts messages to a session, each exactly once, however often it has to be sent. */
export function useSendMessage(session_id: string, pending: PendingMessages): Sending {
  const [outbox] = useState(() => new Outbox(session_id))
  const post = async (message: NewMessage) => {
    const id = toPendingId(message)
    pending.remove(id)
    pending.sending(showPending(message))
    outbox.put(message)
    try {
      const stored = await postMessage(client, message, { patience_ms: patienceMs })
      outbox.drop(message.idempotency_key)
      pending.stored(id, stored as Message) // what the server says of arguments is always there
    } catch (error) {
      pending.failed(id, error)
      // What was refused for good would be refused by the next page too; it stays here to be mended.
      if (!isPassing(error)) refused.set(id, message)
      if (!isPassing(error)) outbox.drop(message.idempotency_key)
    }
  }
  const [refused] = useState(() => new Map<string, NewMessage>())
  useEffect(() => {
    for (const message of outbox.read()) void post(message)
    // Once for each page that is opened.
  }, [pending])
  return {
    send: (draft) => void post(toMessage(session_id, draft)),
    resend(id) {
      const message = refused.get(id) ?? outbox.read().find((one) => toPendingId(one) === id)
      if (message) void post(message)
    },
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
