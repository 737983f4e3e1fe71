import type { RepriseClient } from './create-reprise-client.ts'
import { retryCall, type RetryOptions } from './retry-call.ts'

type Create = RepriseClient['messages']['create']['mutate']
type CreateInput = Parameters<Create>[0]

/** A message as `messages.create` takes it, or its text alone. */
export type NewMessage = CreateInput | (Omit<CreateInput, 'message'> & { text: string })

/** The stored message, which names the turn that answers it. */
export type PostedMessage = Awaited<ReturnType<Create>> & { turn_id: string }

/**
 * Posts a message, exactly once: an idempotency key is made unless one is given, and the same request is sent again when the
 * network broke, and on 429 and 503, after as long as the server asked for. `delivery: 'duplicate'` says that an earlier try had arrived after all.
 * What is refused for good is thrown at once; what passes, when the patience is over.
 */
export async function postMessage(client: RepriseClient, message: NewMessage, options: RetryOptions = {}): Promise<PostedMessage> {
  const input = { idempotency_key: makeKey(), ...('text' in message ? toInput(message) : message) }
  const { turn_id, ...posted } = await retryCall(() => client.messages.create.mutate(input, { signal: options.signal }), options)
  if (turn_id === null) throw new Error(`The message ${posted.id} was accepted without a turn`)
  return { ...posted, turn_id }
}

function toInput({ text, ...rest }: Exclude<NewMessage, CreateInput>): CreateInput {
  return { ...rest, message: { content: [{ type: 'text', text }] } }
}

/** Where a page came by plain http, there is no `crypto.randomUUID`. */
function makeKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
