/**
 * What a session should be, in plain TypeScript: one append after the other, no locks, no SQL. It is told every append
 * and says what the journal has to answer, and what its tables have to hold then. How it decides is written from the
 * contract, not from the function under test; J1 to J8 are that function's, M1 to M15 are in `invariants.ts`.
 */
import { turnHasEnded } from '@reprise/contract'
import type { Accept, Answer, Append, Cancel, CancelReason, Checkpoint, NewEvent } from '../../src/index.ts'
import type { AppendRow } from '../../src/journal/lane.ts'
import type { JournalView, MessageView } from './session-view.ts'
import { isActive, type TurnModel } from './turn-model.ts'

/** What is promised of an append's reply; what is left out may be anything. */
export type Prediction = Partial<Omit<AppendRow, 'i' | 'event_ms'>> & Pick<AppendRow, 'outcome'>

export class SessionModel {
  readonly id: string
  lastSequence = 1
  lastOrdinal = 0
  epoch = 0
  checkpointNumber = 0
  cancelRequested: CancelReason | null = null
  isDeleted = false
  turns: TurnModel[] = []
  messages: MessageView[] = []
  journal: JournalView[] = [
    { first_sequence: 1, last_sequence: 1, turn_id: null, message_id: null, epoch: null, checkpoint_number: null, edge: false, settled: false, delivery: null, event_types: 'session.started' },
  ]
  /** What each append was answered when it was stored. */
  readonly stored = new Map<Append, Prediction>()
  readonly keys = new Map<string, Accept>()

  constructor(id: string) {
    this.id = id
  }

  copy(): SessionModel {
    const copy = new SessionModel(this.id)
    Object.assign(copy, this, {
      turns: this.turns.map((turn) => ({ ...turn, calls: turn.calls.map((call) => ({ ...call })) })),
      messages: this.messages.map((message) => ({ ...message })),
      journal: [...this.journal],
      stored: new Map(this.stored),
      keys: new Map(this.keys),
    })
    return copy
  }

  get active(): TurnModel | null {
    return this.turns.find((turn) => isActive[turn.status]) ?? null
  }

  /** In the order in which they will run. */
  get waiting(): TurnModel[] {
    return this.turns.filter((turn) => turn.status === 'waiting').sort((one, other) => one.ordinal - other.ordinal)
  }

  get pendingSteers(): MessageView[] {
    const { active } = this
    return active ? this.messages.filter((message) => message.turn_id === active.id && message.place === null) : []
  }

  /** Whatever it was about ends, and nothing is written of that. Answers whether it was there. */
  delete(): boolean {
    if (this.isDeleted) return false
    this.isDeleted = true
    this.epoch += 1
    this.cancelRequested = null
    for (const turn of this.turns) if (!turnHasEnded[turn.status]) Object.assign(turn, { status: 'cancelled', worker_id: null, wakes: false, is_due: false })
    return true
  }

  append(append: Append, { resent, waitingMax }: { resent: boolean; waitingMax: number }): Prediction {
    if (this.isDeleted) return { outcome: 'session_not_found' }
    switch (append.kind) {
      case 'accept':
        return this.#accept(append, resent, waitingMax)
      case 'checkpoint':
      case 'answer':
        return this.#advance(append, resent)
      // The wish to end turns is not stored as such: sent again it is a new one.
      case 'cancel':
        return this.#cancel(append)
    }
  }

  /** A worker's beat takes the active turn. */
  claim(workerId: string, recoveries: number): void {
    const turn = this.active!
    this.epoch += 1
    Object.assign(turn, { status: 'running', worker_id: workerId, recoveries, wakes: false, is_due: false })
  }

  /** A worker's beat puts the active turn aside: it is a suspect. */
  putAside(recoveries: number): void {
    this.epoch += 1
    Object.assign(this.active!, { status: 'ready', worker_id: null, recoveries, wakes: true, is_due: false })
  }

  #accept(accept: Accept, resent: boolean, waitingMax: number): Prediction {
    const { idempotency_key: key, when_busy } = accept
    const first = key === null ? (resent ? accept : undefined) : this.keys.get(key)
    const before = first && this.stored.get(first)
    if (first && before) {
      if (first.body_sha256 !== accept.body_sha256) return { outcome: 'key_reused' }
      if (first !== accept) return { outcome: 'duplicate', turn_id: before.turn_id!, message_id: before.message_id!, first_sequence: before.first_sequence! }
      return { ...before, outcome: 'stored_before', ordinal: this.#turn(before.turn_id!).ordinal }
    }
    const { active } = this
    if (active && when_busy === 'reject') return { outcome: 'busy' }
    const delivery = this.#route(when_busy)
    if (delivery === 'enqueued' && this.waiting.length >= waitingMax) return { outcome: 'queue_full' }
    if (delivery === 'steered' && this.pendingSteers.length >= waitingMax) return { outcome: 'queue_full' }

    const joins = delivery === 'steered' || delivery === 'resumed'
    const ends = active !== null && (when_busy === 'interrupt' || when_busy === 'rollback')
    const turn_id = joins ? active!.id : accept.turn_id
    const retried = accept.retry_of === null ? undefined : this.turns.find((turn) => turn.id === accept.retry_of)
    if (retried) retried.is_excluded = true
    if (!joins) this.#openTurn(accept)
    if (ends) this.#putFirst(turn_id)
    let woken = delivery === 'resumed'
    if (ends) {
      if (when_busy === 'rollback') this.cancelRequested = 'rollback'
      this.cancelRequested ??= when_busy
      woken = active.status !== 'running'
    }
    if (woken) this.#wake(active!, accept.worker_id)

    const isFirst = delivery === 'started'
    const first_sequence = this.lastSequence + 1
    for (const message of accept.messages) {
      this.messages.push({ sequence: first_sequence + message.event_index, id: message.id, turn_id, place: joins ? null : message.place, role: message.role, call_id: null })
    }
    const begins = isFirst || woken
    this.#write([...accept.events, ...(isFirst ? accept.edge_events : [])], {
      turn_id, message_id: accept.message_id, epoch: begins ? this.epoch : null, checkpoint_number: null, edge: isFirst, settled: false, delivery,
    })
    const stored = {
      outcome: 'stored', first_sequence, events_appended: this.lastSequence - first_sequence + 1, edge: isFirst, settled: false, delivery,
      turn_id, message_id: accept.message_id, ...(begins && { epoch: this.epoch }),
    } as const
    // Whether it woke the turn is told by `delivery` only; nobody remembers whom an interrupt woke.
    this.stored.set(accept, stored)
    if (key !== null) this.keys.set(key, accept)
    return { ...stored, ...(isFirst && { ordinal: this.lastOrdinal }), woken, touched_turn_id: joins || ends ? active!.id : null }
  }

  /** What becomes of a message; the busy have their policies. */
  #route(when_busy: Accept['when_busy']): 'started' | 'enqueued' | 'steered' | 'resumed' {
    const { active } = this
    if (!active) return 'started'
    const mayJoin = when_busy === 'steer' || when_busy === 'enqueue'
    if (active.status === 'parked' && mayJoin) return 'resumed'
    return when_busy === 'steer' && this.cancelRequested === null ? 'steered' : 'enqueued'
  }

  #openTurn({ turn_id, message_id, worker_id, retry_of }: Accept): void {
    const isFirst = this.active === null
    this.lastOrdinal += 1
    if (isFirst) {
      this.epoch += 1
      this.checkpointNumber = 0
    }
    this.turns.push({
      id: turn_id,
      ordinal: this.lastOrdinal,
      status: !isFirst ? 'waiting' : worker_id === null ? 'ready' : 'running',
      worker_id: isFirst ? worker_id : null,
      recoveries: 0,
      attempt: 1,
      input_message_id: message_id,
      input_sequence: this.lastSequence + 1,
      is_excluded: false,
      error_code: null,
      retry_of,
      wakes: false,
      is_due: false,
      calls: [],
    })
  }

  /** The waiting turns share the ordinals they have: the first goes to the one that jumps the queue. */
  #putFirst(turnId: string): void {
    const { waiting } = this
    const ordinals = waiting.map((turn) => turn.ordinal)
    const order = [...waiting.filter((turn) => turn.id === turnId), ...waiting.filter((turn) => turn.id !== turnId)]
    order.forEach((turn, index) => (turn.ordinal = ordinals[index]!))
  }

  #wake(turn: TurnModel, workerId: string | null): void {
    this.epoch += 1
    Object.assign(turn, { status: workerId === null ? 'ready' : 'running', worker_id: workerId, wakes: false, is_due: false })
  }

  #advance(append: Checkpoint | Answer, resent: boolean): Prediction {
    const { active } = this
    const owes = append.kind === 'checkpoint' ? 'running' : 'parked'
    const isCurrent = active?.id === append.turn_id && active.status === owes && this.epoch === append.epoch && this.checkpointNumber === append.checkpoint_number
    if (!isCurrent) {
      const before = resent && this.stored.get(append)
      if (!before) return { outcome: 'fenced' }
      // Without events it left nothing to be known by but the head: whoever lost the turn since is fenced off.
      const isLatest = active?.id === append.turn_id && this.epoch === append.epoch && this.checkpointNumber === append.checkpoint_number + 1
      if (before.events_appended === 0 && !isLatest) return { outcome: 'fenced' }
      return { ...before, outcome: 'stored_before', pending_steers: this.pendingSteers.length, cancel_requested: this.cancelRequested }
    }
    const first_sequence = this.lastSequence + 1
    this.checkpointNumber += 1
    for (const message of append.messages) {
      const call_id = (JSON.parse(message.content_json) as { tool_call_id?: string }[])[0]?.tool_call_id ?? null // written by this model's runner
      this.messages.push({ sequence: first_sequence + message.event_index, id: message.id, turn_id: active.id, place: message.place, role: message.role, call_id })
    }
    const settles = append.kind === 'checkpoint' && this.#advanceTurn(active, append)
    if (append.kind === 'answer' && append.turn_status === 'running') this.#wake(active, append.worker_id)
    for (const { id, attempt, closed_by, decision, waits } of append.changed_calls) {
      const call = active.calls.find((candidate) => candidate.id === id)!
      if (attempt !== undefined) call.attempt = attempt
      if (closed_by !== undefined) call.closed_by = closed_by
      if (decision !== undefined) Object.assign(call, { decision, has_deadline: false })
      if (waits && settles) call.has_deadline = true
    }
    const next = settles ? this.#settle(active, append) : null
    const isLast = settles && turnHasEnded[active.status] && next === null
    const events = [...append.events, ...(settles ? append.settle_events : []), ...(isLast ? append.edge_events : [])]
    this.#write(events, {
      turn_id: active.id, message_id: append.message_id, epoch: append.epoch, checkpoint_number: append.checkpoint_number, edge: isLast, settled: settles, delivery: null,
    })
    const stored = {
      outcome: 'stored', events_appended: events.length, edge: isLast, settled: settles, turn_id: active.id, message_id: append.message_id,
      // Of whatever this append made active: the turn itself, or the next.
      epoch: append.epoch + 1,
      ...(events.length > 0 && { first_sequence }),
    } as const
    this.stored.set(append, stored)
    return { ...stored, next_turn_id: next?.id ?? null, pending_steers: this.pendingSteers.length, cancel_requested: this.cancelRequested }
  }

  /** Everything but the end of it. Answers whether the turn settles (J7). */
  #advanceTurn(turn: TurnModel, { opened_calls, placed_steers, attempt, resets_recoveries, turn_status, deadline_in_ms }: Checkpoint): boolean {
    for (const { sequence, place } of placed_steers) this.messages.find((message) => message.sequence === sequence)!.place = place
    if (attempt !== null) turn.attempt = attempt
    if (resets_recoveries) turn.recoveries = 0
    const isAsked = this.cancelRequested !== null
    const isJoined = this.pendingSteers.length > 0
    const settles = { running: false, cancelled: true, failed: !isAsked, completed: !isAsked && !isJoined, parked: !isAsked && !isJoined }[turn_status]
    for (const { id, closed_by, decision, waits } of opened_calls) turn.calls.push({ id, attempt: 1, closed_by, decision, has_deadline: waits && settles })
    if (turn_status === 'parked' && settles) turn.is_due = deadline_in_ms <= 0
    return settles
  }

  /** The turn ends or parks. Answers the turn that is active then instead. */
  #settle(turn: TurnModel, append: Append): TurnModel | null {
    const { turn_status, error_code, worker_id } = append as Checkpoint // nothing else settles
    turn.status = turn_status
    turn.worker_id = null
    if (turn_status === 'parked') {
      turn.wakes = true
      return null
    }
    turn.error_code = error_code
    if (this.cancelRequested === 'rollback') turn.is_excluded = true
    this.cancelRequested = null
    this.checkpointNumber = 0
    const next = this.waiting[0] ?? null
    if (next) {
      this.epoch += 1
      next.status = worker_id === null ? 'ready' : 'running'
      next.worker_id = worker_id
    }
    return next
  }

  #cancel({ scope, turn_id, worker_id }: Cancel): Prediction {
    const { active } = this
    const asks = active !== null && (scope !== 'turn' || active.id === turn_id)
    const ended = this.waiting.filter((turn) => scope === 'all' || (scope === 'turn' && turn.id === turn_id))
    if (!asks && ended.length === 0) return { outcome: 'no_op' }
    for (const turn of ended) {
      turn.status = 'cancelled'
      this.#write([{ type: 'turn.cancelled' }], { turn_id: turn.id, message_id: turn.input_message_id, epoch: null, checkpoint_number: null, edge: false, settled: false, delivery: null })
    }
    const woken = asks && active.status !== 'running'
    if (woken) this.#wake(active, worker_id)
    if (asks) this.cancelRequested ??= 'cancel'
    return { outcome: 'stored', touched_turn_id: asks ? active.id : null, woken, events_appended: ended.length, ...(woken && { epoch: this.epoch }) }
  }

  #write(events: readonly Pick<NewEvent, 'type'>[], row: Omit<JournalView, 'first_sequence' | 'last_sequence' | 'event_types'>): void {
    if (events.length === 0) return
    const first_sequence = this.lastSequence + 1
    this.lastSequence += events.length
    this.journal.push({ first_sequence, last_sequence: this.lastSequence, ...row, event_types: events.map((event) => event.type).join(' ') })
  }

  #turn(id: string): TurnModel {
    return this.turns.find((turn) => turn.id === id)!
  }
}
