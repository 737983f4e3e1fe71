import { repairStorable, repairText, type ToolCallPart } from '@reprise/contract'
import type { ThinkingBlock } from '@reprise/store'
import type { ModelChunk } from '../models/model-provider.ts'
import type { TurnWriter } from './turn-writer.ts'

/** How long something of an answer waits to be committed with what follows it: at most 20 commits a second per turn. */
const deltaDelayMs = 50
/** How far an answer may be ahead of the journal; a model that goes on faster waits. */
const aheadCharactersMax = 64 * 1024

interface AnswerStreamOptions {
  writer: TurnWriter
  turn_id: string
  model: string
  iteration: number
  /** By `performance.now()`. */
  startedAt: number
}

interface OpenThinking {
  /** As it is shown and stored. */
  text: string
  /** As it came, for the vendor. */
  exact: string
  place: Pick<ThinkingBlock, 'text_before' | 'calls_before'>
}

/** Turns the chunks of one model call into events, joining deltas that come close together. */
export class AnswerStream {
  readonly #options: AnswerStreamOptions
  text = ''
  readonly toolCalls: ToolCallPart[] = []
  readonly thinkingBlocks: ThinkingBlock[] = []
  timeToFirstTokenMs: number | null = null
  #thinking: OpenThinking | null = null
  #hasStarted = false
  #hasWritten = false
  #isClosed = false
  #pending: { type: 'output.message.delta' | 'reason.thinking.delta'; delta: string } | null = null
  #timer: NodeJS.Timeout | null = null
  /** Written since a commit last came back. */
  #aheadCharacters = 0

  constructor(options: AnswerStreamOptions) {
    this.#options = options
    this.#commitSoon() // `reason.started` was written just before
  }

  /** What of it has been written: a call that starts over must say so. */
  get written(): { accumulated_len: number } | null {
    return this.#hasWritten ? { accumulated_len: this.text.length } : null
  }

  /** True when nothing more is to be taken before `catchUp`. */
  get isAhead(): boolean {
    return this.#aheadCharacters > aheadCharactersMax
  }

  /** Resolves when all that was taken is in the journal. */
  async catchUp(): Promise<void> {
    this.flush()
    await this.#options.writer.commit()
    this.#aheadCharacters = 0
  }

  take(chunk: Exclude<ModelChunk, { type: 'finished' }>): void {
    // A provider that does not heed the abort goes on talking to nobody.
    if (this.#isClosed) return
    const { writer, turn_id, model, startedAt } = this.#options
    this.timeToFirstTokenMs ??= Math.round(performance.now() - startedAt)
    if (chunk.type !== 'tool_call' && chunk.type !== 'tool_call_started') this.#hasWritten = true
    switch (chunk.type) {
      case 'thinking_started':
        this.flush()
        this.#thinking = this.#openThinking()
        writer.event('reason.thinking.started', { turn_id, model })
        break
      case 'thinking_delta': {
        const delta = repairText(chunk.delta)
        this.#thinking ??= this.#openThinking()
        this.#thinking.text += delta
        this.#thinking.exact += chunk.delta
        this.#addDelta('reason.thinking.delta', delta)
        break
      }
      case 'thinking_completed': {
        this.flush()
        const { text, exact, place } = this.#thinking ?? this.#openThinking()
        this.#thinking = null
        const signature = chunk.signature === null ? null : repairText(chunk.signature)
        const { vendor_json } = chunk
        this.thinkingBlocks.push({ text, signature, ...(exact !== text && { text_json: JSON.stringify(exact) }), ...(vendor_json && { vendor_json }), ...place })
        writer.event('reason.thinking.completed', { turn_id, thinking: text })
        break
      }
      case 'text_delta': {
        const delta = repairText(chunk.delta)
        this.#start()
        this.text += delta
        this.#addDelta('output.message.delta', delta)
        break
      }
      case 'tool_call_started':
        return
      case 'tool_call':
        this.toolCalls.push({ type: 'tool_call', id: repairText(chunk.id), name: repairText(chunk.name), arguments: repairStorable(chunk.arguments) })
        break
    }
    this.#commitSoon()
  }

  /** Writes what comes before `output.message.completed`: every answer has a start, even one without text. */
  complete(): void {
    this.flush()
    this.#start()
  }

  /** Writes the delta that is being gathered. */
  flush(): void {
    if (!this.#pending) return
    const { type, delta } = this.#pending
    this.#pending = null
    this.#options.writer.event(type, { turn_id: this.#options.turn_id, delta })
  }

  close(): void {
    this.#isClosed = true
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  #openThinking(): OpenThinking {
    const text_before = this.text.length
    const calls_before = this.toolCalls.length
    return { text: '', exact: '', place: { ...(text_before > 0 && { text_before }), ...(calls_before > 0 && { calls_before }) } }
  }

  #start(): void {
    if (this.#hasStarted) return
    const { writer, turn_id, model, iteration } = this.#options
    this.#hasStarted = true
    writer.event('output.message.started', { turn_id, model, iteration })
  }

  #addDelta(type: 'output.message.delta' | 'reason.thinking.delta', delta: string): void {
    this.#aheadCharacters += delta.length
    if (this.#pending?.type !== type) this.flush()
    if (this.#pending) this.#pending.delta += delta
    else this.#pending = { type, delta }
  }

  #commitSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      // A failure is not lost here: the turn's next write throws it.
      this.catchUp().catch(() => {})
    }, deltaDelayMs)
  }
}
