import type { ChatTransport, UIMessage, UIMessageChunk } from 'ai'
import type { RepriseClient } from '../create-reprise-client.ts'
import { findRunningTurn } from '../find-running-turn.ts'
import { postMessage, type NewMessage } from '../post-message.ts'
import { readError } from '../reprise-error.ts'
import { retryCall } from '../retry-call.ts'
import { collectAnswers } from './collect-answers.ts'
import { repeatMessage } from './repeat-message.ts'
import { streamTurn } from './stream-turn.ts'
import { toContent } from './to-content.ts'
import { readTurnMetadata, type TurnMetadata } from './turn-metadata.ts'

export interface ChatTransportOptions {
  client: RepriseClient
  /** The session that the chat talks to; the chat's id unless said, as in `useChat({ id: session.id, … })`. */
  session_id?: string
  /** What `stop()` does: `cancel` ends the turn on the server, `leave` only stops reading. `cancel` unless said. */
  on_stop?: 'cancel' | 'leave'
}

type SendOptions = Parameters<ChatTransport<UIMessage>['sendMessages']>[0]

/** Statuses of a turn that nothing can be added to. */
const hasEnded: ReadonlySet<TurnMetadata['status']> = new Set(['completed', 'failed', 'cancelled'])

/**
 * A transport for the AI SDK's `useChat` and `Chat`. The server has the conversation: only what is new goes there.
 *
 * - Send: posts the last user message once, with its id as idempotency key. The request's `body` is put beside the message
 *   (`controls`, `tags`, `external_actor`), its `metadata` is the message's. `headers` are the client's affair.
 * - Tools and approvals: with `sendAutomaticallyWhen`, what the last assistant message has gathered is submitted, and its turn is read on.
 * - Regenerate: a failed turn is retried, and leaves the prompts. After an answer the message is posted again, and so is an
 *   edited message: a session forgets nothing, so the model sees both. For an answer that does not, open a chat on a fork.
 * - Resume: reads the turn of the last message from its beginning, if it has not ended.
 */
export function createChatTransport<Message extends UIMessage = UIMessage>({ client, session_id, on_stop = 'cancel' }: ChatTransportOptions): ChatTransport<Message> {
  const stop = on_stop === 'cancel' ? (turnId: string) => cancelTurn(client, turnId) : () => {}
  /** The latest resume of each chat. */
  const resumes = new Map<string, symbol>()

  return {
    // Reading a turn again begins at its beginning.
    resumeStreamIsReplay: true,

    async sendMessages(options) {
      const { chatId, messages, abortSignal } = options
      const message = options.messages.find(({ id, role }) => id === options.messageId && role === 'assistant') ?? messages.at(-1)
      if (!message) throw new Error('There is no message to send')
      if (message.role === 'assistant') return await goOn(client, message, abortSignal, stop)
      const session = session_id ?? chatId
      // Not by the signal: who stops a message on its way to the server wants its turn stopped, which has to be known for that.
      const posting = post(client, session, message, options)
      const turn_id = await orAbort(posting, abortSignal, stop)
      return streamTurn(client, { session_id: session, turn_id }, { abortSignal, onAbort: stop })
    },

    async reconnectToStream({ chatId, abortSignal }) {
      const session = session_id ?? chatId
      const resume = Symbol('resume')
      resumes.set(chatId, resume)
      const turn_id = await findRunningTurn(client, session, abortSignal)
      if (turn_id === null) return null
      // A chat that resumes once more aborts the resume before: that one only stops reading.
      const onAbort = (turnId: string) => queueMicrotask(() => resumes.get(chatId) === resume && stop(turnId))
      return streamTurn(client, { session_id: session, turn_id }, { abortSignal, onAbort })
    },
  }
}

/** Resolves with the id of the turn that answers. */
async function post(client: RepriseClient, session_id: string, message: UIMessage, { trigger, messageId, body, metadata }: SendOptions): Promise<string> {
  const given = metadata ?? message.metadata
  // `body` is what the app gives for the server: its fields are checked there.
  const input: NewMessage = { ...(body as Partial<NewMessage>), session_id, ...(isRecord(given) && { metadata: given }), message: { content: toContent(message) } }
  const isNew = trigger === 'submit-message' && messageId === undefined
  // An edited message keeps its id, but is another one.
  if (trigger === 'submit-message') return (await postMessage(client, { ...input, ...(isNew && asKey(message.id)) })).turn_id
  return await repeatMessage(client, { ...input, ...asKey(message.id) })
}

/** Submits what the message has gathered, and reads on where it stopped. */
async function goOn(client: RepriseClient, message: UIMessage, abortSignal: AbortSignal | undefined, onAbort: (turnId: string) => void): Promise<ReadableStream<UIMessageChunk>> {
  const metadata = readTurnMetadata(message)
  if (!metadata?.cursor || hasEnded.has(metadata.status)) throw new Error('The last message is an answer that waits for nothing')
  const { session_id, turn_id } = metadata
  const { results: tool_results, approvals, calls, isIncomplete } = collectAnswers(message, turn_id)
  const call = { signal: abortSignal }
  // Sent twice, both are accepted once.
  if (approvals.length > 0) await unlessTooLate(retryCall(() => client.sessions.submitToolApprovals.mutate({ session_id, approvals }, call), call))
  if (tool_results.length > 0) await unlessTooLate(retryCall(() => client.sessions.submitToolResults.mutate({ session_id, tool_results }, call), call))
  if (isIncomplete) return closedStream()
  return streamTurn(client, metadata, { calls, after: metadata.cursor, abortSignal, onAbort })
}

/** A deadline, a message or a cancel came first: what became of the calls is in the events that follow. */
async function unlessTooLate(submitting: Promise<unknown>): Promise<void> {
  await submitting.catch((error: unknown) => {
    const code = readError(error)?.code
    if (code !== 'tool_call_closed' && code !== 'not_waiting_for_tool_results') throw error
  })
}

async function orAbort(posting: Promise<string>, abortSignal: AbortSignal | undefined, stop: (turnId: string) => void): Promise<string> {
  if (!abortSignal) return await posting
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => reject(new DOMException('The message was stopped', 'AbortError'))
    if (abortSignal.aborted) abort()
    else abortSignal.addEventListener('abort', abort, { once: true })
  })
  // If it is not posted, there is nothing to stop.
  aborted.catch(() => posting.then(stop, () => {}))
  return await Promise.race([posting, aborted])
}

/** The user has turned away already: who is not heard now is not heard by them either. */
function cancelTurn(client: RepriseClient, workflow_id: string): void {
  retryCall(() => client.durable.workflows.cancel.mutate({ workflow_id })).catch(() => {})
}

function closedStream(): ReadableStream<UIMessageChunk> {
  return new ReadableStream({ start: (controller) => controller.close() })
}

function asKey(id: string): { idempotency_key?: string } {
  return /^[\x21-\x7e]{1,255}$/.test(id) ? { idempotency_key: id } : {}
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
