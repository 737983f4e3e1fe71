import { setTimeout as pause } from 'node:timers/promises'
import { turnHasEnded, type Event, type EventType, type Message, type TurnStatus, type WhenBusy, type Workflow } from '@reprise/contract'
import type { ApiClient } from './api-client.ts'
import type { Exchange, PlannedCall } from './exchange.ts'
import type { ServerProcess } from './processes.ts'
import type { Random } from './random.ts'

/** A message that the server has answered with 201. */
export interface Accepted {
  shape: string
  exchange: Exchange
  message_id: string
  turn_id: string
  sequence: number
  /** Null when only the answer to a repeated request was heard, which does not say it. */
  delivery: Message['delivery'] | null
  /** Somebody wished the turn to end: `must` once the server has said that it will. */
  cancel: 'no' | 'may' | 'must'
}

export interface PlayedSession {
  id: string
  accepted: Accepted[]
  /** Markers of the messages that were posted and never answered with 201. */
  refused: string[]
  /** A request that does not name its turn may still be on its way to a process that sleeps: nothing new begins here. */
  isRetired: boolean
}

type AskedCall = PlannedCall & { id: string }

/** A turn did not come to its end: what the session was to do next is left out. */
export class StuckTurn extends Error {
  override readonly name = 'StuckTurn'
}

export interface SceneOptions {
  client: ApiClient
  session: PlayedSession
  shape: string
  random: Random
  /** Begins the name of everything that is said. */
  name: string
  /** Where its requests go first. */
  prefer: ServerProcess | null
  signal: AbortSignal
}

const firstPollMs = 60
const pollMsMax = 300
const stuckAfterMs = 60_000

/** One shape being played in one session: what the user says and does. */
export class Scene {
  readonly random: Random
  readonly signal: AbortSignal
  readonly #options: SceneOptions
  #markers = 0

  constructor(options: SceneOptions) {
    this.#options = options
    this.random = options.random
    this.signal = options.signal
  }

  /** A name that nothing else has. */
  readonly marker = (): string => {
    this.#markers += 1
    return `${this.#options.name}.${this.#markers}`
  }

  /** Posts a message until it is accepted. */
  async say(exchange: Exchange, when_busy?: WhenBusy): Promise<Accepted> {
    const { client, session, shape, prefer } = this.#options
    const body = { message: { content: [{ type: 'text', text: exchange.text }] }, ...(when_busy && { controls: { when_busy } }) }
    session.refused.push(exchange.marker)
    const answer = await client.ask({ method: 'POST', path: `/v1/sessions/${session.id}/messages`, body, idempotencyKey: exchange.marker, prefer })
    session.refused.splice(session.refused.indexOf(exchange.marker), 1)
    const { id, turn_id, sequence, delivery } = answer.body as Message // the server's own contract
    const accepted: Accepted = { shape, exchange, message_id: id, turn_id: turn_id!, sequence, delivery: delivery === 'duplicate' ? null : delivery, cancel: 'no' }
    session.accepted.push(accepted)
    return accepted
  }

  async untilEnded(...all: Accepted[]): Promise<void> {
    for (const accepted of all) await this.untilStatus(accepted, () => false)
  }

  /** Waits until the turn has a status, or has ended. */
  async untilStatus({ turn_id }: Accepted, fits: (status: TurnStatus) => boolean): Promise<TurnStatus> {
    let status: TurnStatus = 'waiting'
    await this.until(`${turn_id} comes to its end`, async () => {
      status = (await this.#options.client.get<Workflow>(`/v1/durable/workflows/${turn_id}`)).status
      return fits(status) || turnHasEnded[status]
    })
    return status
  }

  /** Waits until the turn has told of something. */
  async untilTold({ turn_id }: Accepted, type: EventType): Promise<void> {
    const { client, session } = this.#options
    await this.until(`${turn_id} tells ${type}`, async () => {
      const { data } = await client.get<{ data: Event[] }>(`/v1/sessions/${session.id}/events?turn_id=${turn_id}&types=${type}&limit=1`)
      return data.length > 0
    })
  }

  /** Waits until something is so. */
  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const startedAt = performance.now()
    for (let pollMs = firstPollMs; !(await isSo()); pollMs = Math.min(pollMs * 1.3, pollMsMax)) {
      if (performance.now() - startedAt > stuckAfterMs) throw new StuckTurn(`it was waited ${stuckAfterMs / 1000} s in vain until ${what}`)
      await pause(pollMs, undefined, { signal: this.signal })
    }
  }

  /** Answers the client-side calls of a turn that waits for them, as they were planned. */
  async answerCalls(accepted: Accepted): Promise<void> {
    await this.#sayOfCalls(accepted, 'tool.call_requested', 'tool-results', (calls) => ({
      tool_results: calls.map(({ id, arguments: args }) => ({ tool_call_id: id, result: findPlanned(accepted.exchange, args)?.result })),
    }))
  }

  /** Approves the calls of a turn that waits for that. */
  async approveCalls(accepted: Accepted): Promise<void> {
    await this.#sayOfCalls(accepted, 'tool.approval_requested', 'tool-approvals', (calls) => ({
      approvals: calls.map(({ id }) => ({ tool_call_id: id, decision: 'approve' })),
    }))
  }

  /** Says what a parked turn waits for, until it is heard. */
  async #sayOfCalls(accepted: Accepted, asked: EventType, where: string, say: (calls: readonly AskedCall[]) => object): Promise<void> {
    const { client, session, prefer } = this.#options
    for (;;) {
      const status = await this.untilStatus(accepted, (status) => status === 'parked')
      if (status !== 'parked') return
      const path = `/v1/sessions/${session.id}`
      const { data } = await client.get<{ data: Event[] }>(`${path}/events?turn_id=${accepted.turn_id}&types=${asked}&limit=1`)
      const { tool_calls } = data[0]!.data as { tool_calls: AskedCall[] } // a parked turn has asked; its calls were planned here
      const answer = await client.ask({ method: 'POST', path: `${path}/${where}`, body: say(tool_calls), prefer, accepts: [409] })
      if (answer.unanswered > 0) session.isRetired = true
      if (answer.status === 200) return
    }
  }

  /** Asks for the session's turns to end. */
  async cancel(accepted: Accepted): Promise<void> {
    const { client, session, prefer } = this.#options
    accepted.cancel = 'may'
    const answer = await client.ask({ method: 'POST', path: `/v1/sessions/${session.id}/cancel`, prefer })
    if (answer.unanswered > 0) session.isRetired = true
    if ((answer.body as { status: string }).status === 'cancelled') accepted.cancel = 'must'
  }

  /** Says something instead of what the agent is saying. */
  async interrupt(accepted: Accepted, exchange: Exchange, how: 'interrupt' | 'rollback'): Promise<Accepted> {
    accepted.cancel = 'may'
    const next = await this.say(exchange, how)
    if (next.delivery === 'enqueued') accepted.cancel = 'must'
    return next
  }
}

function findPlanned({ steps }: Exchange, args: object): PlannedCall | undefined {
  return steps.flatMap(({ calls = [] }) => calls).find((call) => JSON.stringify(call.arguments) === JSON.stringify(args))
}
