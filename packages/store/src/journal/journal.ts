import type pg from 'pg'
import { createPool } from '../database.ts'
import type { Accept, AcceptResult, Append, Checkpoint, CheckpointResult } from './append.ts'
import { Lane, type AppendRow } from './lane.ts'

export interface JournalOptions {
  connectionString: string
  /** Connections that flush; one or two are best (measured), for they batch more. */
  lanes?: number
  queueMax?: number
  resendForMs?: number
}

/** What the journal has committed: everything a stream needs, without reading it back. */
export interface Committed {
  append: Append
  first_sequence: number
  event_ms: number
  edge: boolean
}

/** The only writer of turns: appends accepts and checkpoints, many sessions to one commit. */
export class Journal {
  readonly #lanes: Lane[]
  readonly #waiting: pg.Pool
  #stopping: Promise<void> | null = null
  #onCommitted: (committed: Committed) => void = () => {}

  constructor({ connectionString, lanes = 2, queueMax = 10_000, resendForMs = 10_000 }: JournalOptions) {
    this.#waiting = createPool({ connectionString, applicationName: 'reprise journal, waiting', connectionsMax: 4, lockTimeoutMs: 2_000, statementTimeoutMs: 10_000 })
    const onCommitted = (append: Append, { first_sequence, event_ms, edge }: AppendRow) =>
      this.#onCommitted({ append, first_sequence, event_ms, edge })
    this.#lanes = Array.from({ length: lanes }, () => new Lane({ connectionString, waiting: this.#waiting, queueMax, resendForMs, onCommitted }))
  }

  /** Called with every commit, before the append's own promise resolves. There is one listener: the hub. */
  onCommitted(listener: (committed: Committed) => void): void {
    this.#onCommitted = listener
  }

  async accept(accept: Accept): Promise<AcceptResult> {
    const row = await this.#laneOf(accept.session_id).append(accept)
    const { first_sequence, event_ms, edge, ordinal, epoch, turn_id, message_id } = row
    const stored = { first_sequence, event_ms, turn_id, message_id }
    switch (row.outcome) {
      case 'stored':
      case 'stored_before':
        return { outcome: 'stored', edge, ordinal, epoch, ...stored }
      case 'duplicate':
        return { outcome: 'duplicate', ...stored }
      case 'key_reused':
      case 'busy':
      case 'queue_full':
      case 'session_not_found':
        return { outcome: row.outcome }
      default:
        throw new Error(`an accept cannot end as ${row.outcome}`)
    }
  }

  async checkpoint(checkpoint: Checkpoint): Promise<CheckpointResult> {
    const row = await this.#laneOf(checkpoint.session_id).append(checkpoint)
    const { first_sequence, event_ms, edge, epoch, turn_id, message_id, next_turn_id } = row
    switch (row.outcome) {
      case 'stored':
      case 'stored_before':
        return { outcome: 'stored', edge, next_turn_id, epoch, first_sequence, event_ms, turn_id, message_id }
      case 'fenced':
      case 'session_not_found':
        return { outcome: row.outcome }
      default:
        throw new Error(`a checkpoint cannot end as ${row.outcome}`)
    }
  }

  /** Resolves when everything appended before has been answered. */
  stop(): Promise<void> {
    this.#stopping ??= Promise.all(this.#lanes.map((lane) => lane.stop())).then(() => this.#waiting.end())
    return this.#stopping
  }

  #laneOf(sessionId: string): Lane {
    // Ids end in random digits; the last eight spread sessions evenly.
    return this.#lanes[Number.parseInt(sessionId.slice(-8), 16) % this.#lanes.length]!
  }
}
