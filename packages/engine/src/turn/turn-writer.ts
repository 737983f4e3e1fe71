/**
 * Writes what a turn does into the journal.
 *
 * W1  One checkpoint of a turn is in flight at a time; what is written meanwhile gathers for the next.
 * W2  Nothing that was written is lost or reordered: a checkpoint takes everything gathered so far.
 * W3  Once a checkpoint is refused, the turn is another worker's: nothing more is sent, and every write throws LeaseLost.
 *     Once one fails otherwise, every write throws what it failed with: what came after it would not stand on it.
 */
import { newId, type ContentPart, type EventType, type MessageRole, type TurnErrorCode, type Usage } from '@reprise/contract'
import {
  newEvent,
  reachCrashPoint,
  type Checkpoint,
  type CheckpointResult,
  type Journal,
  type NewEvent,
  type NewMessage,
  type NewToolCall,
  type StoredEventData,
  type StoredMessage,
  type ThinkingBlock,
  type ToolCallChange,
  type Transaction,
} from '@reprise/store'
import { LeaseLost, type Lease } from './lease.ts'
import { readMessageOfTurn, sumUsage, type Turn } from './turn.ts'

export interface WrittenMessage {
  role: Extract<MessageRole, 'agent' | 'tool_result'>
  content: ContentPart[]
  thinking_blocks?: ThinkingBlock[] | null
  usage?: Usage | null
  /** `notice`: a word to the user about a failure, shown and never in a prompt. `interrupted`: cut off by a cancel. */
  mark?: 'notice' | 'interrupted'
}

/** How a turn ends or parks, with the events that tell of it: they are stored only if it does. */
export type Settlement = { events: NewEvent[]; nextWorkerId: () => string | null } & (
  | { status: 'completed' | 'cancelled' }
  | { status: 'parked'; deadline_in_ms: number }
  | { status: 'failed'; error_code: TurnErrorCode; error: string }
)

type Stored = Extract<CheckpointResult, { outcome: 'stored' }>

export class TurnWriter {
  readonly #journal: Journal
  readonly #turn: Turn
  readonly #lease: Lease
  #events: NewEvent[] = []
  #messages: NewMessage[] = []
  #openedCalls = new Map<string, NewToolCall>()
  #changedCalls = new Map<string, ToolCallChange>()
  #placedSteers: { sequence: number; place: number }[] = []
  #attempt: { attempt: number; retry_in_ms: number } | null = null
  #place: number
  #inFlight: Promise<unknown> = Promise.resolve()
  #failure: { error: unknown } | null = null

  constructor(journal: Journal, turn: Turn, lease: Lease) {
    this.#journal = journal
    this.#turn = turn
    this.#lease = lease
    this.#place = turn.messages.length
  }

  event<T extends EventType>(type: T, data: StoredEventData<T>): void {
    this.#events.push(newEvent(type, data))
  }

  /** Writes a message with the event that brings it. Returns the message's id. */
  message<T extends 'output.message.completed' | 'tool.completed'>(type: T, data: StoredEventData<T>, written: WrittenMessage): string {
    const { role, content, thinking_blocks = null, usage = null, mark } = written
    const id = newId('message')
    const message: NewMessage = {
      id,
      event_index: this.#events.length,
      place: this.#place++,
      role,
      content_json: JSON.stringify(content),
      controls_json: null,
      metadata_json: mark ? `{"${mark}":true}` : null,
      tags_json: null,
      external_actor_json: null,
      thinking_blocks,
      model_id: role === 'agent' ? this.#turn.model.id : null,
      usage,
      image_ids: content.flatMap((part) => (part.type === 'tool_result' ? (part.images ?? []).map(({ image_id }) => image_id) : [])),
    }
    this.event(type, data)
    this.#messages.push(message)
    // The prompt of the next call is built from here, while the checkpoint is on its way.
    if (mark === 'notice') return id
    if (role === 'agent') this.#turn.messages.push({ role, id, content, thinking: thinking_blocks ?? [], model_id: message.model_id, usage })
    else this.#turn.messages.push({ role, content: content.filter((part) => part.type === 'tool_result') })
    return id
  }

  /** Gives a message that joined the turn its place in the prompt. */
  placeSteer(message: StoredMessage): void {
    this.#placedSteers.push({ sequence: message.sequence, place: this.#place++ })
    const read = readMessageOfTurn(message)
    if (read) this.#turn.messages.push(read)
    this.#turn.pending_steers -= 1
  }

  openCall(call: Omit<NewToolCall, 'closed_by' | 'waits'>): void {
    this.#openedCalls.set(call.id, { ...call, closed_by: null, waits: false })
  }

  /** Changes a call, also one whose intent is still on its way into the journal. */
  changeCall({ id, ...change }: ToolCallChange): void {
    const opened = this.#openedCalls.get(id)
    if (opened) Object.assign(opened, change)
    else this.#changedCalls.set(id, { ...this.#changedCalls.get(id), id, ...change })
  }

  /** False while nothing has been sent that would make the call's intent durable. */
  hasSentIntent(callId: string): boolean {
    return !this.#openedCalls.has(callId)
  }

  /** Counts an attempt at the current step with the next checkpoint, before it is made. */
  countAttempt(attempt: number, retry_in_ms = 0): void {
    this.#turn.attempt = attempt
    this.#attempt = { attempt, retry_in_ms }
  }

  /** Commits everything written so far. Resolves when it is durable. */
  async commit(): Promise<void> {
    await this.#send(null)
  }

  /**
   * Commits what `write` writes, and all before it, together with what else the transaction holds: `complete` commits
   * that. Writing waits for its turn, for what is written earlier may go with another checkpoint (W2).
   */
  async commitIn(transaction: Transaction, complete: () => Promise<void>, write: () => void): Promise<void> {
    await this.#send(null, async () => {
      write()
      const checkpoint = this.#takeCheckpoint(null)
      return await this.#checkpoint(checkpoint, async () => {
        const { result, published } = await this.#journal.checkpointIn(transaction, checkpoint)
        if (result.outcome === 'stored') await complete()
        published()
        return result
      })
    })
  }

  /**
   * Commits everything written so far, and the end of the turn or its parking. Answers null when the turn goes on
   * instead, since a message has joined it or it is to be cancelled.
   */
  async settle(settlement: Settlement): Promise<{ next_turn_id: string | null } | null> {
    let nextWorkerId: string | null = null
    const result = await this.#send({ ...settlement, nextWorkerId: () => (nextWorkerId = settlement.nextWorkerId()) })
    // What was left to others is not ours to go on with.
    return result?.settled ? { next_turn_id: nextWorkerId === null ? null : result.next_turn_id } : null
  }

  #send(settlement: Settlement | null, append = () => this.#appendGathered(settlement)): Promise<Stored | null> {
    const sent = this.#inFlight.then(async () => {
      if (this.#lease.isLost) throw new LeaseLost()
      if (this.#failure) throw this.#failure.error
      return await append()
    })
    // A failed checkpoint is its caller's to see; those behind it find out for themselves (W3).
    this.#inFlight = sent.catch((error: unknown) => {
      this.#failure ??= { error }
    })
    return sent
  }

  async #appendGathered(settlement: Settlement | null): Promise<Stored | null> {
    // An earlier checkpoint may have taken it all (W2).
    if (!settlement && this.#isEmpty()) return null
    const checkpoint = this.#takeCheckpoint(settlement)
    return await this.#checkpoint(checkpoint, () => this.#journal.checkpoint(checkpoint))
  }

  async #checkpoint(checkpoint: Checkpoint, append: () => Promise<CheckpointResult>): Promise<Stored> {
    reachCrashPoint('checkpoint.before_commit')
    const result = await append()
    if (result.outcome !== 'stored') {
      this.#lease.lose()
      throw new LeaseLost()
    }
    reachCrashPoint('checkpoint.after_commit')
    this.#turn.checkpoint_number += 1
    this.#turn.pending_steers = result.pending_steers
    if (checkpoint.resets_recoveries) this.#turn.recoveries = 0
    if (result.cancel_requested) this.#lease.cancel(result.cancel_requested)
    return result
  }

  #isEmpty(): boolean {
    return this.#events.length === 0 && this.#placedSteers.length === 0 && this.#changedCalls.size === 0 && this.#attempt === null
  }

  #takeCheckpoint(settlement: Settlement | null): Checkpoint {
    const { organization_id, session_id, id, ordinal, input_message_id, epoch, checkpoint_number, messages, recoveries } = this.#turn
    const failure = settlement?.status === 'failed' ? settlement : null
    const ends = settlement !== null && settlement.status !== 'parked'
    // A step that is done takes its count of attempts with it; a turn that failed keeps it, to be seen.
    const isStepDone = this.#messages.length > 0 && !failure
    // Whoever takes up a turn that has parked finds nothing under way.
    const isProgress = isStepDone || settlement?.status === 'parked'
    if (isStepDone && this.#turn.attempt > 1 && !this.#attempt) this.countAttempt(1)
    const checkpoint: Checkpoint = {
      kind: 'checkpoint',
      organization_id,
      session_id,
      turn_id: id,
      message_id: input_message_id,
      worker_id: settlement?.nextWorkerId() ?? null,
      ordinal,
      epoch,
      checkpoint_number,
      turn_status: settlement?.status ?? 'running',
      settle_events: settlement?.events ?? [],
      error_code: failure?.error_code ?? null,
      error: failure?.error ?? null,
      attempt: this.#attempt?.attempt ?? null,
      retry_in_ms: this.#attempt?.retry_in_ms ?? 0,
      resets_recoveries: isProgress && recoveries > 0,
      deadline_in_ms: settlement?.status === 'parked' ? settlement.deadline_in_ms : 0,
      events: this.#events,
      edge_events: ends ? [newEvent('session.idled', { turn_id: id, iterations: countAnswers(messages), usage: sumUsage(messages) })] : [],
      messages: this.#messages,
      opened_calls: [...this.#openedCalls.values()],
      changed_calls: [...this.#changedCalls.values()],
      placed_steers: this.#placedSteers,
    }
    this.#events = []
    this.#messages = []
    this.#openedCalls = new Map()
    this.#changedCalls = new Map()
    this.#placedSteers = []
    this.#attempt = null
    return checkpoint
  }
}

function countAnswers(messages: Turn['messages']): number {
  return messages.filter((message) => message.role === 'agent').length
}
