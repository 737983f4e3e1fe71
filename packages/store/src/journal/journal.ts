import type pg from 'pg'
import { createPool, type Transaction } from '../database.ts'
import type { Accept, AcceptResult, Answer, AnswerResult, Append, Cancel, CancelResult, Checkpoint, CheckpointResult } from './append.ts'
import { encodeFlush } from './encode-flush.ts'
import { appendStatement, Lane, type AppendRow } from './lane.ts'

export interface JournalOptions {
  connectionString: string
  /** Connections that flush; one or two are best (measured), for they batch more. */
  lanes?: number
  queueMax?: number
  statementTimeoutMs?: number
  resendForMs?: number
}

/** What the journal has committed: everything a stream needs, without reading it back. */
export interface Committed {
  append: Append
  /** Of what was appended: the turn that a message joined is known only now. */
  turn_id: string
  first_sequence: number
  events_appended: number
  event_ms: number
  edge: boolean
  settled: boolean
}

/** The only writer of turns: appends accepts and checkpoints, many sessions to one commit. */
export class Journal {
  readonly #lanes: Lane[]
  readonly #waiting: pg.Pool
  #stopping: Promise<void> | null = null
  readonly #listeners: ((committed: Committed) => void)[] = []

  constructor({ connectionString, lanes = 2, queueMax = 10_000, statementTimeoutMs = 10_000, resendForMs = 10_000 }: JournalOptions) {
    this.#waiting = createPool({ connectionString, applicationName: 'reprise journal, waiting', connectionsMax: 4, lockTimeoutMs: 2_000, statementTimeoutMs })
    const onCommitted = (append: Append, row: AppendRow) => this.#publish(append, row)
    this.#lanes = Array.from({ length: lanes }, () => new Lane({ connectionString, waiting: this.#waiting, queueMax, statementTimeoutMs, resendForMs, onCommitted }))
  }

  /** The listener is called with every commit, before the append's own promise resolves. */
  onCommitted(listener: (committed: Committed) => void): void {
    this.#listeners.push(listener)
  }

  async accept(accept: Accept): Promise<AcceptResult> {
    const row = await this.#append(accept)
    const { first_sequence, event_ms, ordinal, epoch, turn_id, message_id, touched_turn_id, woken } = row
    const stored = { first_sequence, event_ms, turn_id, message_id }
    switch (row.outcome) {
      case 'stored':
      case 'stored_before':
        return { outcome: 'stored', delivery: row.delivery!, ordinal, epoch, touched_turn_id, woken, ...stored } // every accept is stored with one
      case 'duplicate':
        return { outcome: 'duplicate', ...stored }
      case 'key_reused':
      case 'busy':
      case 'queue_full':
      case 'session_not_found':
        return { outcome: row.outcome }
      default:
        throw impossible(accept, row)
    }
  }

  async checkpoint(checkpoint: Checkpoint): Promise<CheckpointResult> {
    return readCheckpointResult(checkpoint, await this.#append(checkpoint))
  }

  /**
   * Appends a checkpoint inside a transaction of the caller's, to be committed with what else was written there. Nobody
   * hears of it before `published` is called, after that commit. It waits for the head: others wait for the transaction.
   */
  async checkpointIn(transaction: Transaction, checkpoint: Checkpoint): Promise<{ result: CheckpointResult; published: () => void }> {
    const { rows } = await transaction.query<AppendRow>({ ...appendStatement, values: encodeFlush([{ append: checkpoint, resent: false }], true) })
    const row = rows[0]!
    return { result: readCheckpointResult(checkpoint, row), published: () => this.#publish(checkpoint, row) }
  }

  async answer(answer: Answer): Promise<AnswerResult> {
    const row = await this.#append(answer)
    switch (row.outcome) {
      case 'stored':
      case 'stored_before':
        return { outcome: 'stored', epoch: row.epoch }
      case 'fenced':
      case 'session_not_found':
        return { outcome: row.outcome }
      default:
        throw impossible(answer, row)
    }
  }

  async cancel(cancel: Cancel): Promise<CancelResult> {
    const row = await this.#append(cancel)
    switch (row.outcome) {
      case 'stored':
        return { outcome: 'stored', touched_turn_id: row.touched_turn_id, woken: row.woken, epoch: row.epoch }
      case 'no_op':
      case 'session_not_found':
        return { outcome: row.outcome }
      default:
        throw impossible(cancel, row)
    }
  }

  /** Resolves when everything appended before has been answered. */
  stop(): Promise<void> {
    this.#stopping ??= Promise.all(this.#lanes.map((lane) => lane.stop())).then(() => this.#waiting.end())
    return this.#stopping
  }

  #publish(append: Append, { turn_id, first_sequence, events_appended, event_ms, edge, settled }: AppendRow): void {
    if (events_appended === 0) return
    for (const listener of this.#listeners) listener({ append, turn_id, first_sequence, events_appended, event_ms, edge, settled })
  }

  #append(append: Append): Promise<AppendRow> {
    return this.#laneOf(append.session_id).append(append)
  }

  #laneOf(sessionId: string): Lane {
    // Ids end in random digits; the last eight spread sessions evenly.
    return this.#lanes[Number.parseInt(sessionId.slice(-8), 16) % this.#lanes.length]!
  }
}

function readCheckpointResult(checkpoint: Checkpoint, row: AppendRow): CheckpointResult {
  const { settled, first_sequence, event_ms, epoch, turn_id, message_id, next_turn_id, pending_steers, cancel_requested } = row
  switch (row.outcome) {
    case 'stored':
    case 'stored_before':
      return { outcome: 'stored', settled, next_turn_id, epoch, first_sequence, event_ms, turn_id, message_id, pending_steers, cancel_requested }
    case 'fenced':
    case 'session_not_found':
      return { outcome: row.outcome }
    default:
      throw impossible(checkpoint, row)
  }
}

function impossible({ kind }: Append, { outcome }: AppendRow): Error {
  return new Error(`no ${kind} ends as ${outcome}`)
}
