/**
 * The load: players that each play scene after scene, each in a session of its own. Faults and turns come at one pace,
 * so that the last fault still meets turns and no fault waits for the load.
 */
import type { Agent, Session } from '@reprise/contract'
import type { CrashPoint } from '@reprise/store'
import type { ApiClient } from './api-client.ts'
import { defineTools } from './exchange.ts'
import type { Ledger } from './ledger.ts'
import type { ServerProcess } from './processes.ts'
import type { Random } from './random.ts'
import { Scene, StuckTurn, type PlayedSession } from './scene.ts'
import { shapes, type Shape } from './shapes.ts'

export interface LoadOptions {
  client: ApiClient
  ledger: Ledger
  random: Random
  turns: number
  faults: number
  signal: AbortSignal
  onSession(session: PlayedSession): void
  /** Nothing more will be said in it. */
  onSessionOver(session: PlayedSession): void
  onIncident(what: string): void
}

/** About how long one fault takes, with what leads to it: the turns of its share are spread over so long. */
const faultMs = 2_500
const tickMs = 25
const playersMax = 32
const messagesPerSession = { min: 5, max: 25 }

interface NextScene {
  number: number
  shape: Shape
  prefer: ServerProcess | null
}

export class Load {
  readonly #options: LoadOptions
  readonly #wishes: Omit<NextScene, 'number'>[] = []
  readonly #waiting: ((next: NextScene | null) => void)[] = []
  #scenes = 0
  #messages = 0
  #faultsFired = 0
  #lastFaultAt = performance.now()
  #agentId = ''

  constructor(options: LoadOptions) {
    this.#options = options
  }

  /** How many messages have been given out to be posted. */
  get messages(): number {
    return this.#messages
  }

  get faultsFired(): number {
    return this.#faultsFired
  }

  /** Plays until all turns have been posted and have ended. */
  async run(): Promise<void> {
    const { client, ledger, turns, signal } = this.#options
    const agent = { name: 'crashtest', system_prompt: 'You are being tested.', capabilities: [{ ref: 'calculator' }], tools: defineTools(ledger) }
    this.#agentId = ((await client.ask({ method: 'POST', path: '/v1/agents', body: agent })).body as Agent).id // the server's own contract
    this.#lastFaultAt = performance.now()
    const ticking = setInterval(() => this.#giveOut(), tickMs)
    const onAbort = () => this.#waiting.splice(0).forEach((resolve) => resolve(null))
    signal.addEventListener('abort', onAbort)
    try {
      await Promise.all(Array.from({ length: Math.min(playersMax, Math.ceil(turns / 8)) }, () => this.#play()))
    } finally {
      clearInterval(ticking)
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** A fault has fired: the turns of the next one's share may come. */
  faultFired(): void {
    this.#faultsFired += 1
    this.#lastFaultAt = performance.now()
  }

  /** Has scenes played soon, on this process if it can be, which come by the point so many times. */
  wish(point: CrashPoint, times: number, prefer: ServerProcess): void {
    const fitting = shapes.filter(({ reaches }) => reaches.includes(point))
    const { random } = this.#options
    // Two more, for one may go astray. Every turn comes by the points that no shape names.
    for (let wish = 0; wish < times + 2; wish++) this.#wishes.push({ shape: random.pick(fitting.length > 0 ? fitting : shapes.slice(0, 1)), prefer })
  }

  async createSession(): Promise<PlayedSession> {
    const { client, onSession } = this.#options
    const { id } = (await client.ask({ method: 'POST', path: '/v1/sessions', body: { agent_id: this.#agentId } })).body as Session // the server's own contract
    const session: PlayedSession = { id, accepted: [], refused: [], isRetired: false }
    onSession(session)
    return session
  }

  async #play(): Promise<void> {
    const { random, onSessionOver } = this.#options
    let session: PlayedSession | null = null
    let left = 0
    for (;;) {
      const next = await new Promise<NextScene | null>((resolve) => this.#waiting.push(resolve))
      if (!next) return
      try {
        if (session === null) left = random.integer(messagesPerSession.min, messagesPerSession.max)
        session ??= await this.createSession()
        await this.#playScene(session, next)
        left -= next.shape.messages
      } catch (error) {
        if (this.#options.signal.aborted) return
        // What is stuck shows in the end, when all there is has been looked at.
        if (!(error instanceof StuckTurn)) this.#options.onIncident(`${next.shape.name} in ${session?.id ?? 'a new session'}: ${(error as Error).message}`)
        left = 0
      }
      if (!session || (left > 0 && !session.isRetired)) continue
      onSessionOver(session)
      session = null
    }
  }

  async #playScene(session: PlayedSession, { number, shape, prefer }: NextScene): Promise<void> {
    const { client, random, signal } = this.#options
    const name = `scene-${number}`
    await shape.play(new Scene({ client, session, shape: shape.name, random: random.fork(name), name, prefer, signal }))
  }

  #giveOut(): void {
    while (this.#waiting.length > 0) {
      const wish = this.#wishes.shift()
      if (!wish && this.#isOver()) {
        this.#waiting.shift()!(null)
        continue
      }
      if (!wish && this.#messages >= this.#allowance()) return
      const { shape, prefer } = wish ?? { shape: this.#options.random.pickWeighted(shapes), prefer: null }
      this.#messages += shape.messages
      this.#scenes += 1
      this.#waiting.shift()!({ number: this.#scenes, shape, prefer })
    }
  }

  #isOver(): boolean {
    const { turns, faults } = this.#options
    return this.#messages >= turns && this.#faultsFired >= faults
  }

  /** How many messages may have been posted by now. */
  #allowance(): number {
    const { turns, faults } = this.#options
    const share = Math.min(1, (performance.now() - this.#lastFaultAt) / faultMs)
    return Math.min(turns, (turns / (faults + 1)) * (this.#faultsFired + share))
  }
}
