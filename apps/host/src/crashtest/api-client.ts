/**
 * A client as every client should be: what got no answer is sent again, to whatever process is there, until it has
 * one. Whether that is safe is for the caller to see to, by an idempotency key or by what the request means.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Processes, ServerProcess } from './processes.ts'
import type { Random } from './random.ts'

export interface ApiRequest {
  method: 'GET' | 'POST'
  path: string
  body?: unknown
  idempotencyKey?: string
  /** Tried first, as long as it is there. */
  prefer?: ServerProcess | null
  /** Statuses that are answers too. */
  accepts?: readonly number[]
}

export interface ApiAnswer {
  status: number
  body: unknown
  /** It was sent so many times before without an answer: it may have been done more than once, or be done later still. */
  unanswered: number
}

/** A frozen process keeps a connection open and says nothing. */
const answerMsMax = 4_000
const giveUpMs = 60_000

export class ApiClient {
  readonly #processes: Processes
  readonly #random: Random
  readonly #signal: AbortSignal
  readonly counts = { requests: 0, noAnswer: 0, refusedForNow: 0 }
  /** Answers that no client should ever get. */
  readonly strange: string[] = []

  constructor(processes: Processes, random: Random, signal: AbortSignal) {
    this.#processes = processes
    this.#random = random
    this.#signal = signal
  }

  /** Asks until there is an answer that means something. Throws when there is none for a minute, or it is a refusal. */
  async ask(request: ApiRequest): Promise<ApiAnswer> {
    const startedAt = performance.now()
    let last = 'no process was there'
    let unanswered = 0
    for (let attempt = 0; performance.now() - startedAt < giveUpMs; attempt++) {
      this.#signal.throwIfAborted()
      if (attempt > 0) await pause(this.#random.integer(20, 100) * Math.min(attempt, 5))
      const process = this.#choose(attempt === 0 ? request.prefer : null)
      if (!process) continue
      const answer = await this.#send(process, request)
      if (answer.status === 0) {
        this.counts.noAnswer += 1
        unanswered += 1
        last = String(answer.body)
      } else if (answer.status === 503 || answer.status === 429) {
        this.counts.refusedForNow += 1
        last = `${answer.status} ${JSON.stringify(answer.body)}`
      } else if (answer.status < 300 || request.accepts?.includes(answer.status)) {
        return { ...answer, unanswered }
      } else {
        const what = `${request.method} ${request.path} answered ${answer.status}: ${JSON.stringify(answer.body)}`
        this.strange.push(what)
        if (answer.status < 500) throw new Error(what)
        last = what
      }
    }
    throw new Error(`${request.method} ${request.path} was given up after ${giveUpMs / 1000} s: ${last}`)
  }

  async get<T>(path: string): Promise<T> {
    return (await this.ask({ method: 'GET', path })).body as T // the server's own contract
  }

  #choose(prefer: ServerProcess | null | undefined): ServerProcess | null {
    const { reachable } = this.#processes
    if (prefer && reachable.includes(prefer)) return prefer
    return reachable.length === 0 ? null : this.#random.pick(reachable)
  }

  /** Status 0: no answer. */
  async #send({ address }: ServerProcess, { method, path, body, idempotencyKey }: ApiRequest): Promise<Pick<ApiAnswer, 'status' | 'body'>> {
    this.counts.requests += 1
    const headers: Record<string, string> = { ...(body !== undefined && { 'content-type': 'application/json' }), ...(idempotencyKey && { 'idempotency-key': idempotencyKey }) }
    try {
      const response = await fetch(address! + path, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.any([this.#signal, AbortSignal.timeout(answerMsMax)]),
      })
      return { status: response.status, body: await response.json() }
    } catch (error) {
      return { status: 0, body: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }
    }
  }
}
