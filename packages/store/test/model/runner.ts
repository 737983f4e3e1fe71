/** An imitation of the engine's runner: what a worker knows of a turn, and the checkpoint that follows from that. */
import { newId } from '@reprise/contract'
import {
  newEvent,
  readOpenToolCalls,
  readTurn,
  readTurnMessages,
  seeded,
  type CancelReason,
  type Checkpoint,
  type ClosedBy,
  type Database,
  type NewMessage,
  type NewToolCall,
  type OpenToolCall,
  type StoredMessage,
} from '../../src/index.ts'
import type { Choice } from './steps.ts'

/** Who runs a call; one that is guarded needs approval first. */
type Owner = 'server' | 'caller' | 'guarded server' | 'guarded caller'

interface OpenCall {
  id: string
  owner: Owner
  decision: OpenToolCall['decision']
  is_expired: boolean
}

/** What a worker knows of a turn that it runs: it may be stale. */
export interface Run {
  session_id: string
  turn_id: string
  message_id: string
  ordinal: number
  epoch: number
  checkpoint_number: number
  attempt: number
  recoveries: number
  pending_steers: number
  cancel: CancelReason | null
  /** Messages with a place. */
  places: number
  answers: number
  has_final_answer: boolean
  open: OpenCall[]
  calls: number
  /** An append of it has no reply yet. */
  is_waiting: boolean
}

export interface Draft {
  checkpoint: Checkpoint
  /** What the worker knows once it is stored. */
  after: Partial<Run>
}

const g = 'guarded server'
/** Whom the calls of a model's answer are for. */
const answers: readonly (readonly Owner[])[] = [[], ['server'], ['caller'], ['server', 'caller'], ['caller', 'caller'], ['server', 'server'], ['caller', 'caller'], [], [g], ['guarded caller'], ['server', g], [g, g], [g, 'caller', 'guarded caller']]
const answersMax = 4
const recoveriesMax = 10
const deadlineMs = 3_600_000

/** A turn as its accept has started it. */
export function startRun({ session_id, turn_id, message_id }: Pick<Run, 'session_id' | 'turn_id' | 'message_id'>, ordinal: number, epoch: number): Run {
  return {
    session_id, turn_id, message_id, ordinal, epoch,
    checkpoint_number: 0, attempt: 1, recoveries: 0, pending_steers: 0, cancel: null, places: 1, answers: 0, has_final_answer: false, open: [], calls: 0, is_waiting: false,
  }
}

/** A turn as the journal tells it; null when it is not this worker's under this epoch any more. */
export async function resumeRun(db: Database, session_id: string, turn_id: string, epoch: number): Promise<Run | null> {
  const turn = await readTurn(db, seeded.organization_id, turn_id)
  if (!turn || turn.epoch !== epoch || turn.checkpoint_number === null || turn.status !== 'running') return null
  const messages = (await readTurnMessages(db, seeded.organization_id, session_id, turn_id)).filter((message) => message.place !== null)
  const open = await readOpenToolCalls(db, seeded.organization_id, session_id, turn_id)
  const byModel = messages.filter((message) => message.role === 'agent')
  const last = messages.at(-1)
  const callsOf = (message: StoredMessage) => (JSON.parse(message.content_json) as { type: string }[]).filter((part) => part.type === 'tool_call').length // written below
  return {
    session_id,
    turn_id,
    message_id: turn.input_message_id,
    ordinal: turn.ordinal,
    epoch,
    checkpoint_number: turn.checkpoint_number,
    attempt: turn.attempt,
    recoveries: turn.recoveries,
    pending_steers: turn.pending_steers,
    cancel: turn.cancel_requested,
    places: messages.length,
    answers: byModel.length,
    has_final_answer: last?.role === 'agent' && callsOf(last) === 0,
    open: open.map(({ id, name, decision, is_expired }) => ({ id, owner: name as Owner, decision, is_expired })) /* named so below */,
    calls: byModel.reduce((calls, message) => calls + callsOf(message), 0),
    is_waiting: false,
  }
}

/** The next checkpoint of a run. `steers` are the messages that have joined it, as just read. */
export function draftCheckpoint(run: Run, choice: Choice, steers: readonly StoredMessage[], worker_id: string | null): Draft {
  const draft = new Drafting(run, worker_id)
  const server = run.open.find((call) => call.owner.endsWith('server') && call.decision !== 'required')
  const expired = run.open.filter((call) => call.is_expired)
  if (run.cancel) draft.end('cancelled', 'cancel')
  else if (run.recoveries >= recoveriesMax) draft.end('failed', 'tool', 'worker_crashed')
  else if (choice.instead === 'failure') draft.end('failed', 'tool', 'provider_error')
  else if (choice.instead === 'delta') draft.event()
  else if (choice.instead === 'attempt') draft.countAttempt()
  else if (server) draft.close([server], 'tool')
  else if (run.open.length > 0 && run.pending_steers > 0) {
    draft.close(run.open, 'message')
    if (choice.together) draft.take(steers)
  } else if (expired.length > 0) draft.close(expired, 'deadline')
  else if (run.open.length > 0) draft.park()
  else if (run.pending_steers > 0) draft.take(steers)
  else if (run.has_final_answer) draft.end('completed', 'tool')
  else {
    const calls = run.answers < answersMax ? answers[choice.says]! : []
    draft.answer(calls)
    if (choice.together && calls.length === 0) draft.end('completed', 'tool')
    else if (choice.together && !calls.includes('server')) draft.park()
  }
  return draft.finish()
}

/** What a tool that does not know when to stop might still say through the worker whose turn has parked. */
export function draftLateWord(run: Run): Checkpoint {
  const draft = new Drafting(run, null)
  draft.event()
  return draft.finish().checkpoint
}

class Drafting {
  readonly #checkpoint: Checkpoint
  readonly #after: Run
  readonly #closed = new Set<string>()

  constructor(run: Run, worker_id: string | null) {
    const { session_id, turn_id, message_id, ordinal, epoch, checkpoint_number } = run
    this.#after = { ...run }
    this.#checkpoint = {
      kind: 'checkpoint', organization_id: seeded.organization_id, session_id, turn_id, message_id, worker_id, ordinal, epoch, checkpoint_number,
      turn_status: 'running', settle_events: [], error_code: null, error: null, attempt: null, retry_in_ms: 0, resets_recoveries: false, deadline_in_ms: 0,
      opened_calls: [], changed_calls: [], placed_steers: [], events: [], edge_events: [newEvent('session.idled', { turn_id })], messages: [],
    }
  }

  event(): void {
    this.#checkpoint.events.push(newEvent('output.message.delta', { turn_id: this.#checkpoint.turn_id, delta: 'x' }))
  }

  countAttempt(): void {
    this.#checkpoint.attempt = this.#after.attempt += 1
  }

  answer(owners: readonly Owner[]): void {
    const opened: NewToolCall[] = owners.map((owner, position) => ({
      id: `call_${this.#after.calls + position}`, position, name: owner, arguments: {}, effects: 'idempotent', decision: decisionFor(owner), closed_by: null, waits: false,
    }))
    this.#message('output.message.completed', 'agent', opened.length > 0 ? opened.map(({ id, name }) => ({ type: 'tool_call', id, name })) : [{ type: 'text', text: 'done' }])
    this.#checkpoint.opened_calls.push(...opened)
    this.#after.open = opened.map(({ id }, position) => ({ id, owner: owners[position]!, decision: decisionFor(owners[position]!), is_expired: false }))
    this.#after.calls += opened.length
    this.#after.answers += 1
    this.#after.has_final_answer = opened.length === 0
  }

  close(calls: readonly OpenCall[], closed_by: ClosedBy): void {
    for (const { id } of calls) {
      this.#message('tool.completed', 'tool_result', [{ type: 'tool_result', tool_call_id: id, result: 1 }])
      this.#checkpoint.changed_calls.push({ id, closed_by })
      this.#closed.add(id)
    }
    this.#after.open = this.#after.open.filter((call) => !this.#closed.has(call.id))
  }

  take(steers: readonly StoredMessage[]): void {
    for (const { sequence } of steers) this.#checkpoint.placed_steers.push({ sequence, place: this.#after.places++ })
    this.#after.has_final_answer = false
    this.event()
  }

  park(): void {
    this.#checkpoint.turn_status = 'parked'
    this.#checkpoint.deadline_in_ms = deadlineMs
    this.#checkpoint.settle_events = [newEvent('tool.call_requested', { tool_calls: [] })]
    for (const { id } of this.#after.open) {
      const opened = this.#checkpoint.opened_calls.find((call) => call.id === id)
      if (opened) opened.waits = true
      else this.#checkpoint.changed_calls.push({ id, waits: true })
    }
  }

  end(status: 'completed' | 'failed' | 'cancelled', closed_by: ClosedBy, error_code: string | null = null): void {
    const { turn_id } = this.#checkpoint
    this.close(this.#after.open, closed_by)
    this.#checkpoint.turn_status = status
    this.#checkpoint.error_code = error_code
    this.#checkpoint.settle_events = [{ type: `turn.${status}`, data_json: JSON.stringify({ turn_id }) }]
  }

  finish(): Draft {
    const { messages, turn_status } = this.#checkpoint
    if (messages.length > 0 && turn_status !== 'failed' && this.#after.recoveries > 0) {
      this.#checkpoint.resets_recoveries = true
      this.#after.recoveries = 0
    }
    this.#after.checkpoint_number += 1
    return { checkpoint: this.#checkpoint, after: this.#after }
  }

  #message(type: 'output.message.completed' | 'tool.completed', role: NewMessage['role'], content: unknown[]): void {
    const { events, messages } = this.#checkpoint
    messages.push({
      id: newId('message'), event_index: events.length, place: this.#after.places++, role, content_json: JSON.stringify(content),
      controls_json: null, metadata_json: null, tags_json: null, external_actor_json: null, thinking_blocks: null, model_id: null, usage: null,
    })
    events.push({ type, data_json: '{}' })
    if (role !== 'agent') this.#after.has_final_answer = false
  }
}

function decisionFor(owner: Owner): 'required' | null {
  return owner.startsWith('guarded') ? 'required' : null
}
