/**
 * A turn's events as the chunks of one chat message.
 *
 * T1  One message per turn, whose id is the turn's: whoever reads the turn again replaces it.
 * T2  What is shown at a step's end is what is stored: see AnswerWriter.
 * T3  A call is the server's (`providerExecuted`) until its caller is asked for it: so no app runs what is not its own, or
 *     what nobody has approved yet.
 * T4  The stream ends where the turn does, and where it waits: when all its open calls have been asked about.
 */
import type { Message } from '@reprise/contract'
import type { UIMessageChunk } from 'ai'
import { readText } from '../read-answer.ts'
import type { SessionEvent } from '../session-event.ts'
import { AnswerWriter } from './answer-writer.ts'
import { toToolCallId } from './call-ids.ts'
import type { TurnMetadata } from './turn-metadata.ts'

type EventOf<T extends SessionEvent['type']> = Extract<SessionEvent, { type: T }>
interface RequestedCall {
  id: string
  name: string
  arguments?: unknown
}

/** A call of the message that a chat goes on with. */
export interface KnownCall {
  id: string
  /** Its result is the app's own, and already shown. */
  isAnswered: boolean
}

export class TurnTranslator {
  readonly #metadata: TurnMetadata
  readonly #answer: AnswerWriter
  readonly #messageIds: string[]
  /** The calls without a result, and whether somebody outside was asked about them. */
  readonly #open = new Map<string, { isAsked: boolean }>()
  readonly #answered: ReadonlySet<string>
  readonly #denied = new Set<string>()
  #hasEnded = false

  constructor(metadata: TurnMetadata, calls: readonly KnownCall[] = []) {
    this.#metadata = metadata
    this.#answer = new AnswerWriter(metadata.turn_id)
    this.#messageIds = [...(metadata.message_ids ?? [])]
    for (const { id } of calls) this.#open.set(id, { isAsked: true })
    this.#answered = new Set(calls.filter(({ isAnswered }) => isAnswered).map(({ id }) => id))
  }

  /** Nothing more is to be shown for now. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  translate(event: SessionEvent): UIMessageChunk[] {
    switch (event.type) {
      case 'input.message':
        return this.#showSteer(event)
      case 'reason.started':
        return this.#answer.open()
      case 'reason.recovered':
        return this.#answer.restart()
      case 'reason.thinking.started':
        return this.#answer.begin('reasoning')
      case 'reason.thinking.delta':
        return this.#answer.add('reasoning', event.data.delta)
      case 'reason.thinking.completed':
        return this.#answer.complete('reasoning', event.data.thinking)
      case 'output.message.started':
        return this.#answer.begin('text')
      case 'output.message.delta':
        return this.#answer.add('text', event.data.delta)
      case 'output.message.completed':
        return this.#showAnswer(event.data.message)
      case 'tool.progress':
        return [{ type: 'data-tool-progress', data: { toolCallId: this.#toolCallId(event.data.tool_call_id), message: event.data.message }, transient: true }]
      case 'tool.completed':
        return this.#showResult(event.data)
      case 'tool.approval_requested':
        return [...this.#ask(event.data.tool_calls, (toolCallId) => ({ type: 'tool-approval-request', toolCallId, approvalId: toolCallId })), ...this.#endIfWaiting(event)]
      case 'tool.approval_decided':
        return event.data.approvals.map(({ tool_call_id, decision, reason }) => this.#showDecision(tool_call_id, decision === 'approve', reason))
      case 'tool.call_requested':
        return [...this.#ask(event.data.tool_calls, (_, call) => this.#showCall(call, false)), ...this.#endIfWaiting(event)]
      case 'turn.completed':
        return this.#end([{ type: 'finish', finishReason: 'stop', messageMetadata: this.#describe('completed', event, { usage: event.data.usage }) }])
      case 'turn.failed':
        return this.#end([{ type: 'message-metadata', messageMetadata: this.#describe('failed', event) }, { type: 'error', errorText: event.data.error }])
      case 'turn.cancelled':
        // `interrupted`, so that no chat sends tool results to a turn that is over.
        return this.#end([
          { type: 'abort', reason: event.data.reason ?? 'The turn was cancelled' },
          { type: 'finish', finishReason: 'interrupted', messageMetadata: this.#describe('cancelled', event) },
        ])
      default:
        return []
    }
  }

  #showAnswer(message: Message): UIMessageChunk[] {
    // What a failed turn says of itself is its error: `turn.failed` has the same words.
    if (isNotice(message)) return [...this.#answer.restart(), ...this.#answer.close()]
    const calls = message.content.filter((part) => part.type === 'tool_call')
    this.#messageIds.push(message.id)
    this.#open.clear()
    for (const { id } of calls) this.#open.set(id, { isAsked: false })
    return [...this.#answer.open(), ...this.#answer.complete('text', readText(message)), ...calls.map((call) => this.#showCall(call, true)), ...this.#answer.close()]
  }

  #showCall({ id, name, arguments: input }: RequestedCall, providerExecuted: boolean): UIMessageChunk {
    return { type: 'tool-input-available', toolCallId: this.#toolCallId(id), toolName: name, input: input ?? {}, providerExecuted }
  }

  #ask(calls: readonly RequestedCall[], show: (toolCallId: string, call: RequestedCall) => UIMessageChunk): UIMessageChunk[] {
    for (const { id } of calls) this.#open.set(id, { isAsked: true })
    return calls.map((call) => show(this.#toolCallId(call.id), call))
  }

  #showDecision(callId: string, approved: boolean, reason: string | undefined): UIMessageChunk {
    this.#open.set(callId, { isAsked: false })
    if (!approved) this.#denied.add(callId)
    return { type: 'tool-approval-response', approvalId: this.#toolCallId(callId), approved, ...(reason !== undefined && { reason }) }
  }

  #showResult({ tool_call_id, success, result, error }: EventOf<'tool.completed'>['data']): UIMessageChunk[] {
    this.#open.delete(tool_call_id)
    const toolCallId = this.#toolCallId(tool_call_id)
    if (this.#denied.has(tool_call_id)) return [{ type: 'tool-output-denied', toolCallId }]
    if (success) return this.#answered.has(tool_call_id) ? [] : [{ type: 'tool-output-available', toolCallId, output: result ?? null }]
    return [{ type: 'tool-output-error', toolCallId, errorText: error ?? 'The tool failed' }]
  }

  /** A message that joined the turn, unless it is the one that the turn answers. */
  #showSteer({ context, data: { message } }: EventOf<'input.message'>): UIMessageChunk[] {
    if (context.input_message_id === message.id) return []
    return [{ type: 'steering-message', id: message.id, parts: [{ type: 'text', text: readText(message) }] }]
  }

  /** One event of a park asks for approvals, the other for results: only both together ask about everything. */
  #endIfWaiting(event: SessionEvent): UIMessageChunk[] {
    const isWaiting = [...this.#open.values()].every(({ isAsked }) => isAsked)
    return isWaiting ? this.#end([{ type: 'finish', finishReason: 'tool-calls', messageMetadata: this.#describe('waiting', event) }]) : []
  }

  #end(chunks: UIMessageChunk[]): UIMessageChunk[] {
    this.#hasEnded = true
    return [...this.#answer.close(), ...chunks]
  }

  #describe(status: TurnMetadata['status'], event: SessionEvent, rest: Partial<TurnMetadata> = {}): TurnMetadata {
    return { ...this.#metadata, ...rest, status, cursor: event.id, message_ids: this.#messageIds }
  }

  #toolCallId(callId: string): string {
    return toToolCallId(this.#metadata.turn_id, callId)
  }
}

function isNotice({ metadata }: Message): boolean {
  return typeof metadata === 'object' && metadata !== null && 'notice' in metadata && metadata.notice === true
}
