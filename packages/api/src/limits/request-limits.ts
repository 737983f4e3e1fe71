import type { AllowanceRequest, ExchangedLimits } from '@reprise/store'
import type { Caller } from '../services.ts'
import { RequestAllowance, type Moment } from './request-allowance.ts'

/** What became of a request, in the terms of the `RateLimit` headers. */
export interface Verdict {
  isAccepted: boolean
  requestsMax: number
  remaining: number
  /** Until the window ends. */
  resetSeconds: number
  retryAfterSeconds: number
}

/** Until the first exchange nobody knows of the others. */
const processesAssumed = 3

/** The allowances of all keys that call this process, judged from memory. */
export class RequestLimits {
  readonly #windowMs: number
  readonly #exchangeMs: number
  readonly #requestsMaxDefault: number | null
  readonly #allowances = new Map<string, RequestAllowance>()
  #processes = processesAssumed
  /** Of the database's clock to this process's. */
  #clockOffsetMs = 0

  constructor({ window_ms, exchange_ms, requests_max }: { window_ms: number; exchange_ms: number; requests_max: number | null }) {
    this.#windowMs = window_ms
    this.#exchangeMs = exchange_ms
    this.#requestsMaxDefault = requests_max
  }

  /** Null: the caller is not limited. */
  judge({ organization_id, key_id, requests_per_minute }: Caller): Verdict | null {
    const requestsMax = requests_per_minute ?? this.#requestsMaxDefault
    if (requestsMax === null) return null
    const subject_id = key_id ?? organization_id
    let allowance = this.#allowances.get(subject_id)
    if (!allowance) this.#allowances.set(subject_id, (allowance = new RequestAllowance({ organization_id, subject_id }, requestsMax)))
    const isAccepted = allowance.take(requestsMax, this.#moment)
    const resetSeconds = toSeconds(this.#windowMs - (this.#nowMs % this.#windowMs))
    // Where others have something left, the next exchange may bring it.
    const retryAfterSeconds = allowance.isExhausted ? resetSeconds : Math.min(resetSeconds, toSeconds(this.#exchangeMs))
    return { isAccepted, requestsMax, remaining: isAccepted ? allowance.remaining : 0, resetSeconds, retryAfterSeconds }
  }

  get needsExchange(): boolean {
    return [...this.#allowances.values()].some((allowance) => allowance.needsExchange(this.#moment))
  }

  startExchange(): AllowanceRequest[] {
    const moment = this.#moment
    for (const [id, { window }] of this.#allowances) if (window < moment.window) this.#allowances.delete(id)
    return [...this.#allowances.values()].filter((allowance) => allowance.needsExchange(moment)).map((allowance) => allowance.startExchange(moment))
  }

  settle({ now_ms, window_number, processes, grants }: Pick<ExchangedLimits, 'now_ms' | 'window_number' | 'processes' | 'grants'>): void {
    this.#clockOffsetMs = now_ms - Date.now()
    this.#processes = processes
    for (const grant of grants) this.#allowances.get(grant.subject_id)?.settle(grant, { window: window_number, processes })
  }

  fail(requests: readonly AllowanceRequest[]): void {
    for (const request of requests) this.#allowances.get(request.subject_id)?.fail(request)
  }

  get #nowMs(): number {
    return Date.now() + this.#clockOffsetMs
  }

  get #moment(): Moment {
    return { window: Math.floor(this.#nowMs / this.#windowMs), processes: this.#processes }
  }
}

function toSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000))
}
