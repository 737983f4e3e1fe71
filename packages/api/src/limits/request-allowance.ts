import type { AllowanceRequest, Grant } from '@reprise/store'

/** Who is limited, by the key's id or, where there are no keys, the organization's. */
export interface Subject {
  organization_id: string
  subject_id: string
}

/** Which window it is, and among how many processes its requests are shared. */
export interface Moment {
  window: number
  processes: number
}

/** The part of a limit that processes may use before the database has told them anything: what it can be exceeded by. */
const freshShare = 0.08

/**
 * What this process may still accept of one key's requests in the current window. It is granted in blocks, and decides
 * by itself; only at the very beginning it accepts a few that were not granted, and owes them.
 */
export class RequestAllowance {
  readonly subject: Subject
  /** Of the whole window, over all processes. */
  requestsMax: number
  window = -1
  /** What nobody has used, as far as this process knows. */
  remaining = 0
  #held = 0
  #fresh = 0
  #owed = 0
  #asked = 0
  /** What no process held when the database was last asked in this window; null: it was not asked yet. */
  #left: number | null = null

  constructor(subject: Subject, requestsMax: number) {
    this.subject = subject
    this.requestsMax = requestsMax
  }

  /** Whether one more request is accepted. */
  take(requestsMax: number, moment: Moment): boolean {
    this.#enter(moment, requestsMax)
    this.#asked += 1
    if (this.#held > 0 && this.remaining > 0) this.#held -= 1
    else if (this.#fresh > 0) {
      this.#fresh -= 1
      this.#owed += 1
    } else return false
    this.remaining = Math.max(0, this.remaining - 1)
    return true
  }

  /** No process has anything left: only the next window brings more. */
  get isExhausted(): boolean {
    return this.#left === 0 && this.#held === 0
  }

  /** There is something that the database, or others, should know. */
  needsExchange({ processes }: Moment): boolean {
    return this.#asked > 0 || this.#owed > 0 || this.#held > this.#spare(processes)
  }

  /** What to tell the database, as if it had been told: the answer goes to `settle`, its absence to `fail`. */
  startExchange(moment: Moment): AllowanceRequest {
    this.#enter(moment, this.requestsMax)
    // As much as twice what came since the last time, or a good part of what is left, so that a burst finds its place;
    // what is not needed goes back, for another process may need it.
    const share = Math.floor(this.remaining / (2 * moment.processes))
    const wished = this.#asked === 0 ? 0 : Math.max(2 * this.#asked, share)
    const kept = this.remaining === 0 ? 0 : Math.max(wished, this.#spare(moment.processes))
    const returned = Math.max(0, this.#held - kept)
    this.#held -= returned
    const request = { ...this.subject, requests_max: this.requestsMax, window_number: this.window, owed: this.#owed, returned, wanted: Math.max(0, wished - this.#held) }
    this.#owed = 0
    this.#asked = 0
    return request
  }

  settle({ granted, left }: Grant, moment: Moment): void {
    this.#enter(moment, this.requestsMax)
    // A grant of a window that has passed here.
    if (this.window !== moment.window) return
    this.#held += granted
    this.#fresh = 0
    this.#left = left
    this.remaining = this.#held + left
  }

  /** What was returned counts as taken from now on, for nobody knows whether it was; what is owed is told again. */
  fail({ owed, window_number }: AllowanceRequest): void {
    if (window_number === this.window) this.#owed += owed
  }

  #enter({ window, processes }: Moment, requestsMax: number): void {
    if (window > this.window) {
      this.window = window
      this.requestsMax = requestsMax
      this.remaining = requestsMax
      this.#held = 0
      this.#owed = 0
      this.#left = null
      this.#fresh = this.#spare(processes)
    } else if (requestsMax !== this.requestsMax) {
      this.remaining = Math.max(0, this.remaining + requestsMax - this.requestsMax)
      this.requestsMax = requestsMax
      this.#left = null
    }
  }

  /** What a process may have ready without being asked for it: the others' parts together are what the limit is inexact by. */
  #spare(processes: number): number {
    return Math.max(1, Math.floor((this.requestsMax * freshShare) / Math.max(1, processes - 1)))
  }
}
