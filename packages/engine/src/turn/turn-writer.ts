/**
 * Writes what a turn does into the journal.
 *
 * W1  One checkpoint of a turn is in flight at a time; what is written meanwhile gathers for the next.
 * W2  Nothing that was written is lost or reordered: a checkpoint takes everything gathered so far.
 * W3  Once a checkpoint is refused, the turn is another worker's: nothing more is sent, and every write throws LeaseLost.
 */
import { newId, type ContentPart, type EffectsMode, type EventType, type MessageRole, type TurnErrorCode, type Usage } from '@reprise/contract'
import {
  newEvent,
  type Checkpoint,
  type CheckpointResult,
  type Journal,
  type NewEvent,
  type NewMessage,
  type NewToolCall,
  type StoredEventData,
  type ThinkingBlock,
} from '@reprise/store'
import { sumUsage, type Turn, type TurnOutcome } from './turn.ts'

/** The turn has another owner, or none: whoever sees this stops at once and writes nothing. */
export class LeaseLost extends Error {
  override name = 'LeaseLost'
}

export interface WrittenMessage {
  role: Extract<MessageRole, 'agent' | 'tool_result'>
  content: ContentPart[]
  thinking_blocks?: ThinkingBlock[] | null
  usage?: Usage | null
  /** A word to the user about a failure: shown, and never in a prompt. */
  isNotice?: boolean
}

type TurnEnd = { status: 'completed' | 'cancelled' } | { status: 'failed'; error_code: TurnErrorCode; error: string }

interface LastCheckpoint {
  end: TurnEnd
  nextWorkerId: () => string | null
}

export class TurnWriter {
  readonly #journal: Journal
  readonly #turn: Turn
  readonly #signal: AbortSignal
  #events: NewEvent[] = []
  #messages: NewMessage[] = []
  #openedCalls: NewToolCall[] = []
  #closedCallIds: string[] = []
  #place: number
  #inFlight: Promise<unknown> = Promise.resolve()
  #lost = false
  constructor(journal: Journal, turn: Turn, signal: AbortSignal) {
    this.#journal = journal
    this.#turn = turn
    this.#signal = signal
    this.#place = turn.messages.length
  }

  event<T extends EventType>(type: T, data: StoredEventData<T>): void {
    this.#events.push(newEvent(type, data))
  }

  /** Writes a message with the event that brings it. Returns the message's id. */
  message<T extends 'output.message.completed' | 'tool.completed'>(type: T, data: StoredEventData<T>, written: WrittenMessage): string {
    const { role, content, thinking_blocks = null, usage = null, isNotice } = written
    const id = newId('message')
    const message: NewMessage = {
      id,
      event_index: this.#events.length,
      place: this.#place++,
      role,
      content_json: JSON.stringify(content),
      controls_json: null,
      metadata_json: isNotice ? '{"notice":true}' : null,
      tags_json: null,
      external_actor_json: null,
      thinking_blocks,
      model_id: role === 'agent' ? this.#turn.model.id : null,
      usage,
    }
    this.event(type, data)
    this.#messages.push(message)
    // The prompt of the next call is built from here, while the checkpoint is on its way.
    if (isNotice) return id
    if (role === 'agent') this.#turn.messages.push({ role, id, content, thinking: thinking_blocks ?? [], model_id: message.model_id, usage })
    else this.#turn.messages.push({ role, content: content.filter((part) => part.type === 'tool_result') })
    return id
  }

  openCall(call: { id: string; position: number; name: string; arguments: unknown; effects: EffectsMode }): void {
    this.#openedCalls.push(call)
  }

  closeCall(id: string): void {
    this.#closedCallIds.push(id)
  }

  /** Commits everything written so far. Resolves when it is durable. */
  async commit(): Promise<void> {
    await this.#send(null)
  }

  /** Commits everything written so far, and the end of the turn. Answers the turn that is active now, if any. */
  async end(end: TurnEnd, nextWorkerId: () => string | null): Promise<TurnOutcome> {
    const result = await this.#send({ end, nextWorkerId })
    return { hasEnded: true, next_turn_id: result?.next_turn_id ?? null }
  }

  #send(last: LastCheckpoint | null): Promise<Extract<CheckpointResult, { outcome: 'stored' }> | null> {
    const sent = this.#inFlight.then(async () => {
      this.#throwIfLost()
      // An earlier checkpoint may have taken it all (W2).
      if (!last && this.#events.length === 0) return null
      const result = await this.#journal.checkpoint(this.#takeCheckpoint(last))
      if (result.outcome !== 'stored') throw new LeaseLost()
      this.#turn.checkpoint_number += 1
      return result
    })
    // A failed checkpoint is its caller's to see; those behind it find out for themselves (W3).
    this.#inFlight = sent.catch(() => {
      this.#lost = true
    })
    return sent
  }

  #takeCheckpoint(last: LastCheckpoint | null): Checkpoint {
    const { organization_id, session_id, id, ordinal, input_message_id, epoch, checkpoint_number, messages } = this.#turn
    const usage = sumUsage(messages)
    const iterations = messages.filter((message) => message.role === 'agent').length
    const failure = last?.end.status === 'failed' ? last.end : null
    const checkpoint: Checkpoint = {
      kind: 'checkpoint',
      organization_id,
      session_id,
      turn_id: id,
      message_id: input_message_id,
      worker_id: last?.nextWorkerId() ?? null,
      ordinal,
      epoch,
      checkpoint_number,
      turn_status: last?.end.status ?? 'running',
      error_code: failure?.error_code ?? null,
      error: failure?.error ?? null,
      events: this.#events,
      edge_events: last ? [newEvent('session.idled', { turn_id: id, iterations, usage })] : [],
      messages: this.#messages,
      opened_calls: this.#openedCalls,
      closed_call_ids: this.#closedCallIds,
    }
    this.#events = []
    this.#messages = []
    this.#openedCalls = []
    this.#closedCallIds = []
    return checkpoint
  }

  #throwIfLost(): void {
    if (this.#lost || this.#signal.aborted) throw new LeaseLost()
  }
}
