/**
 * A lane: one connection, one flush at a time.
 *
 * G1  While a flush is in flight, new appends gather; the next flush takes them all, in one statement and one commit.
 *     Alone, an append goes out at once.
 * G2  At most one append per session is in flight, so a session's appends commit in the order they came.
 * G3  What found its head locked goes alone on another connection, which waits; the lane goes on.
 * G4  A statement that fails takes nobody with it: the batch is split until the poisoned append fails alone.
 * G5  A lost reply (connection, timeout) is resolved by sending the same appends again, marked as re-sent; never by reading.
 */
import { setImmediate as nextTurnOfTheLoop, setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { AppError } from '@reprise/contract'
import { clientConfig, isConnectionError } from '../database.ts'
import type { Append, CancelReason } from './append.ts'
import { encodeFlush, type PendingAppend } from './encode-flush.ts'

export interface AppendRow {
  i: number
  outcome: 'stored' | 'stored_before' | 'duplicate' | 'key_reused' | 'busy' | 'queue_full' | 'session_not_found' | 'no_op' | 'locked' | 'fenced'
  first_sequence: number
  events_appended: number
  event_ms: number
  edge: boolean
  settled: boolean
  delivery: 'started' | 'enqueued' | 'steered' | 'resumed' | null
  ordinal: number
  epoch: number
  turn_id: string
  message_id: string
  next_turn_id: string | null
  touched_turn_id: string | null
  woken: boolean
  pending_steers: number
  cancel_requested: CancelReason | null
}

export interface LaneOptions {
  connectionString: string
  /** Connections that wait for locked heads, shared by all lanes. */
  waiting: pg.Pool
  queueMax: number
  statementTimeoutMs: number
  /** For how long a lost reply is re-sent before its caller is told that the database is away. */
  resendForMs: number
  onCommitted(append: Append, row: AppendRow): void
}

interface QueuedAppend extends PendingAppend {
  settle(row: AppendRow): void
  fail(error: unknown): void
  /** When the first reply was lost, by this process's clock: it only bounds how long to go on trying. */
  lostAt: number | null
}

const flushAppendsMax = 256
const flushBytesMax = 4 * 1024 * 1024
const reconnectDelayMs = 100

export const appendStatement = { name: 'append_checkpoints', text: '/* appendCheckpoints */ SELECT * FROM append_checkpoints($1, $2, $3, $4)' }

export class Lane {
  readonly #options: LaneOptions
  #queue: QueuedAppend[] = []
  readonly #inFlight = new Set<string>()
  #client: pg.Client | null = null
  #flushing = false
  #unanswered = 0
  #whenAnswered: (() => void) | null = null
  #stopping: Promise<void> | null = null

  constructor(options: LaneOptions) {
    this.#options = options
  }

  append(append: Append): Promise<AppendRow> {
    if (this.#stopping) throw new AppError('shutting_down')
    if (this.#queue.length >= this.#options.queueMax) throw new AppError('overloaded', { retryAfterSeconds: 1, detail: 'journal queue is full' })
    this.#unanswered += 1
    return new Promise((settle, fail) => {
      this.#queue.push({ append, resent: false, settle, fail, lostAt: null })
      if (!this.#flushing) void this.#flushAll()
    })
  }

  /** Resolves when everything appended before has been answered and the connection is closed. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    if (this.#unanswered > 0) await new Promise<void>((resolve) => (this.#whenAnswered = resolve))
    await this.#client?.end()
  }

  async #flushAll(): Promise<void> {
    this.#flushing = true
    do {
      await this.#gather()
      await this.#send(this.#takeBatch())
    } while (this.#hasSendable())
    this.#flushing = false
  }

  /** The longest queued run of appends with distinct sessions, none of them in flight. */
  #takeBatch(): QueuedAppend[] {
    const batch: QueuedAppend[] = []
    const rest: QueuedAppend[] = []
    let bytes = 0
    for (const queued of this.#queue) {
      const { session_id } = queued.append
      const full = batch.length >= flushAppendsMax || bytes >= flushBytesMax
      if (full || this.#inFlight.has(session_id)) {
        rest.push(queued)
        continue
      }
      this.#inFlight.add(session_id)
      batch.push(queued)
      bytes += countBytes(queued.append)
    }
    this.#queue = rest
    return batch
  }

  /**
   * Waits while appends keep coming: a flush costs as much as seven appends do, whatever it holds. Alone, this is one
   * turn of the event loop.
   */
  async #gather(): Promise<void> {
    let gathered: number
    do {
      gathered = this.#queue.length
      await nextTurnOfTheLoop()
    } while (this.#queue.length > gathered && gathered < flushAppendsMax)
  }

  #hasSendable(): boolean {
    return this.#queue.some((queued) => !this.#inFlight.has(queued.append.session_id))
  }

  async #send(batch: QueuedAppend[]): Promise<void> {
    if (batch.length === 0) return
    try {
      const client = await this.#connect()
      const { rows } = await client.query<AppendRow>({ ...appendStatement, values: encodeFlush(batch, false) })
      for (const row of rows) this.#answer(batch[row.i]!, row)
    } catch (error) {
      await this.#recover(batch, error)
    }
  }

  async #recover(batch: QueuedAppend[], error: unknown): Promise<void> {
    if (isLostReply(error)) {
      // With a statement still in flight, as a silent connection leaves it, this destroys the socket and does not wait.
      void this.#client?.end().catch(() => {})
      this.#client = null
      await delay(reconnectDelayMs)
      const goOn = batch.filter((queued) => this.#markLost(queued, error))
      if (goOn.length > 0) await this.#send(goOn)
    } else if (batch.length === 1) {
      this.#release(batch[0]!)
      batch[0]!.fail(error)
    } else {
      const middle = batch.length >> 1
      await this.#send(batch.slice(0, middle))
      await this.#send(batch.slice(middle))
    }
  }

  /** Marks an append whose reply was lost; answers false, and fails it, when that has gone on for too long. */
  #markLost(queued: QueuedAppend, error: unknown): boolean {
    queued.resent = true
    queued.lostAt ??= performance.now()
    if (performance.now() - queued.lostAt < this.#options.resendForMs) return true
    this.#release(queued)
    queued.fail(new AppError('database_unavailable', { cause: error, retryAfterSeconds: 1 }))
    return false
  }

  #answer(queued: QueuedAppend, row: AppendRow): void {
    if (row.outcome === 'locked') {
      void this.#sendAlone(queued)
      return
    }
    this.#release(queued)
    // Whoever streams hears of the events before whoever appended them: a stream never lags behind a reply.
    if (row.outcome === 'stored' || row.outcome === 'stored_before') this.#options.onCommitted(queued.append, row)
    queued.settle(row)
  }

  async #sendAlone(queued: QueuedAppend): Promise<void> {
    try {
      const { rows } = await this.#options.waiting.query<AppendRow>({ ...appendStatement, values: encodeFlush([queued], true) })
      this.#answer(queued, rows[0]!)
    } catch (error) {
      if (isLostReply(error)) {
        await delay(reconnectDelayMs)
        if (this.#markLost(queued, error)) await this.#sendAlone(queued)
      } else {
        this.#release(queued)
        queued.fail(error)
      }
    } finally {
      // The session's next append may have been waiting for this one while the lane fell idle.
      if (!this.#flushing && this.#queue.length > 0) void this.#flushAll()
    }
  }

  #release(queued: QueuedAppend): void {
    this.#inFlight.delete(queued.append.session_id)
    this.#unanswered -= 1
    if (this.#unanswered === 0) this.#whenAnswered?.()
  }

  async #connect(): Promise<pg.Client> {
    if (this.#client) return this.#client
    const client = new pg.Client({
      ...clientConfig({ connectionString: this.#options.connectionString, applicationName: 'reprise journal', statementTimeoutMs: this.#options.statementTimeoutMs }),
      // The function's plans are made once and for all: tables that are small today must not lead to scans tomorrow.
      options: '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off',
    })
    client.on('error', () => {
      if (this.#client === client) this.#client = null
    })
    await client.connect()
    this.#client = client
    return client
  }
}

/** About how much a flush carries: what callers and tools said is all that grows large. */
function countBytes(append: Append): number {
  if (append.kind === 'cancel') return 0
  return append.messages.reduce((bytes, message) => bytes + message.content_json.length, 0)
}

const lockTimeout = '55P03'
const statementTimeout = '57014'

/** After these nobody knows whether the flush was committed, or it is known to be worth another try. */
function isLostReply(error: unknown): boolean {
  if (isConnectionError(error)) return true
  const code = (error as { code?: unknown } | null)?.code // errors of pg carry SQLSTATE here
  return code === lockTimeout || code === statementTimeout
}
