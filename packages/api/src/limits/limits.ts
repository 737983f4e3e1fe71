/**
 * The limits on requests and streams that hold over all processes.
 *
 * R1  A request is judged from memory: it waits for nothing, and writes nothing.
 * R2  A process sends at most one statement a second for all its limits together, and none while it counts nothing.
 * R3  What a process may accept was granted to it, and is counted as taken, before it accepts it; but for the little
 *     that it accepts in a window before it was granted anything.
 * R4  What a process holds and does not use goes back with its next statement. What a dead one held is lost until the
 *     window ends, and its streams count for a few seconds more.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { AppError } from '@reprise/contract'
import { exchangeLimits, forgetCounting, type Database } from '@reprise/store'
import type { Caller } from '../services.ts'
import { RequestLimits, type Verdict } from './request-limits.ts'
import { StreamCounts } from './stream-counts.ts'

export interface LimitTimes {
  /** In which so many requests are accepted. */
  window_ms: number
  /** Between two statements at least. */
  exchange_ms: number
}

export interface LimitsOptions {
  db: Database
  /** Of every key that has no limit of its own, in a window; null: none. */
  requests_max: number | null
  times?: Partial<LimitTimes>
  onError?: (error: unknown) => void
}

/** How many streams an organization may have open, and has in other processes. */
export interface StreamLimit {
  streams_open_max: number | null
  streams_elsewhere: number
}

const contractTimes: LimitTimes = { window_ms: 60_000, exchange_ms: 1_000 }
/** Streams that are only open are told of so often, in exchanges: of limited organizations, and to learn that one has become limited. */
const exchangesPerTelling = { limited: 2, unlimited: 4 }
/** After which a place among the streams may be free. */
const streamRetrySeconds = 2
/** A stopping server waits no longer than this for the database to forget it. */
const forgetMsMax = 1_000

export class Limits {
  /** Under which others know what is counted here. */
  readonly processId: string = randomUUID()
  readonly #options: LimitsOptions
  readonly #times: LimitTimes
  readonly #requests: RequestLimits
  readonly #streams = new StreamCounts()
  #countsStreams = false
  #exchangedAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | null = null
  #timerDueAt = Number.POSITIVE_INFINITY
  #exchanging: Promise<void> = Promise.resolve()
  #isExchanging = false
  #hasTold = false
  #isStopped = false

  constructor(options: LimitsOptions) {
    this.#options = options
    this.#times = { ...contractTimes, ...options.times }
    this.#requests = new RequestLimits({ ...this.#times, requests_max: options.requests_max })
  }

  /** Counts a request of this caller. Null: it is not limited. */
  judge(caller: Caller): Verdict | null {
    const verdict = this.#requests.judge(caller)
    if (verdict) this.#exchangeIn(0)
    return verdict
  }

  /** Counts a stream that is about to open, until `close` is called. */
  openStream(organizationId: string, { streams_open_max, streams_elsewhere }: StreamLimit): { close: () => void } {
    if (streams_open_max !== null && this.#streams.of(organizationId) + streams_elsewhere >= streams_open_max) {
      throw new AppError('too_many_streams', { message: `At most ${streams_open_max} streams may be open at once`, retryAfterSeconds: streamRetrySeconds })
    }
    const isLimited = streams_open_max !== null
    this.#changeStreams(organizationId, 1, isLimited)
    let isOpen = true
    return {
      close: () => {
        if (isOpen) this.#changeStreams(organizationId, -1, isLimited || this.#countsStreams)
        isOpen = false
      },
    }
  }

  /** Says good-bye, so that nobody counts on what was here. */
  async stop(): Promise<void> {
    this.#isStopped = true
    if (this.#timer) clearTimeout(this.#timer)
    // Where the database is away, others will find out by themselves.
    await Promise.race([this.#forget().catch(() => {}), pause(forgetMsMax, undefined, { ref: false })])
  }

  async #forget(): Promise<void> {
    await this.#exchanging
    if (this.#hasTold) await forgetCounting(this.#options.db, this.processId)
  }

  #changeStreams(organizationId: string, by: 1 | -1, isLimited: boolean): void {
    this.#streams.change(organizationId, by, isLimited)
    this.#exchangeIn(isLimited ? 0 : this.#times.exchange_ms * exchangesPerTelling.unlimited)
  }

  /** Sees to it that an exchange begins about then, and no earlier than a second after the last (R2). */
  #exchangeIn(ms: number): void {
    if (this.#isStopped || this.#isExchanging) return
    const now = performance.now()
    const dueAt = Math.max(now + ms, this.#exchangedAt + this.#times.exchange_ms)
    if (dueAt >= this.#timerDueAt) return
    if (this.#timer) clearTimeout(this.#timer)
    this.#timerDueAt = dueAt
    this.#timer = setTimeout(() => (this.#exchanging = this.#exchange()), dueAt - now)
    this.#timer.unref()
  }

  async #exchange(): Promise<void> {
    this.#timer = null
    this.#timerDueAt = Number.POSITIVE_INFINITY
    const requests = this.#requests.startExchange()
    const streams = this.#streams.startExchange()
    if (requests.length === 0 && streams.length === 0) return
    this.#isExchanging = true
    this.#hasTold = true
    this.#exchangedAt = performance.now()
    try {
      const exchanged = await exchangeLimits(this.#options.db, { process_id: this.processId, window_ms: this.#times.window_ms, requests, streams })
      this.#requests.settle(exchanged)
      this.#countsStreams = exchanged.counts_streams
    } catch (error) {
      this.#requests.fail(requests)
      this.#streams.fail(streams)
      this.#options.onError?.(error)
    }
    this.#isExchanging = false
    if (this.#requests.needsExchange || this.#streams.hasChanged) this.#exchangeIn(0)
    else if (this.#streams.size > 0) this.#exchangeIn(this.#times.exchange_ms * exchangesPerTelling[this.#countsStreams ? 'limited' : 'unlimited'])
  }
}
