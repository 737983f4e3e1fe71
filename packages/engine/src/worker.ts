/**
 * A worker: the part of a process that runs turns. One connection of its own tells the database twice a second that it
 * lives, and is told which turns are its own.
 *
 * L5  The database decides who holds a turn. A turn held here that the database gives to another is aborted; one that
 *     it gives to this worker, which does not know it, is taken up.
 * L6  Never more turns than slots.
 */
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { newId } from '@reprise/contract'
import { beat, connectClient, registerWorker, removeWorker, type HeldTurn } from '@reprise/store'
import { findTools } from './tools/capabilities.ts'
import { resumeTurn, type TurnToResume } from './turn/resume-turn.ts'
import { runTurn } from './turn/run-turn.ts'
import type { TurnRun, TurnServices } from './turn/turn-run.ts'
import { LeaseLost, TurnWriter } from './turn/turn-writer.ts'
import type { Turn } from './turn/turn.ts'

export interface WorkerOptions extends TurnServices {
  connectionString: string
  /** How many turns run at once. */
  slots: number
  /** How long `stop` waits for running turns; what is left then is taken up by another worker, or the next start. */
  graceMs?: number
}

const beatMs = 500
/** A turn that the database gives us and we do not know may be on its way: a commit's reply takes a moment. */
const adoptAfterMs = 2_000

interface Running {
  controller: AbortController
  /** By `performance.now()`. */
  since: number
  done: Promise<void>
}

export class Worker {
  readonly id = newId('worker')
  readonly #options: WorkerOptions
  readonly #running = new Map<string, Running>()
  readonly #unknownSince = new Map<string, number>()
  #slotsTaken = 0
  #client: Awaited<ReturnType<typeof connectClient>> | null = null
  #stopping: Promise<void> | null = null
  #beating: Promise<void> = Promise.resolve()
  #wakeBeat = new AbortController()

  constructor(options: WorkerOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    await this.#connect()
    this.#beating = this.#beatUntilStopped()
  }

  /** Takes a slot for a turn that may be about to start here; false when all are taken. */
  takeSlot(): boolean {
    if (this.#stopping !== null || this.#slotsTaken >= this.#options.slots) return false
    this.#slotsTaken += 1
    return true
  }

  freeSlot(): void {
    this.#slotsTaken -= 1
  }

  /** Runs a turn in a slot that was taken for it. */
  run(turn: Turn): void {
    this.#start(turn.session_id, turn.id, (signal) => this.#runAsFarAsItGoes(turn, signal))
  }

  /** Resolves when no turn runs here any more and the database knows it. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    const all = Promise.all([...this.#running.values()].map((running) => running.done))
    await Promise.race([all, delay(this.#options.graceMs ?? 5_000, undefined, { ref: false })])
    for (const { controller } of this.#running.values()) controller.abort(new LeaseLost())
    await Promise.all([...this.#running.values()].map((running) => running.done))
    this.#wakeBeat.abort()
    await this.#beating
    // From here on whatever this worker still held is free, for others and for the next start.
    await removeWorker(this.#options.db, this.id).catch(() => {})
    await this.#client?.end().catch(() => {})
    this.#client = null
  }

  #start(sessionId: string, turnId: string, work: (signal: AbortSignal) => Promise<void>): void {
    const controller = new AbortController()
    const done = work(controller.signal)
      .catch((error: unknown) => {
        if (!(error instanceof LeaseLost)) this.#options.log.error({ err: error, turn_id: turnId, session_id: sessionId }, 'a turn was left to another worker')
      })
      .finally(() => {
        this.#running.delete(turnId)
        this.freeSlot()
      })
    this.#running.set(turnId, { controller, since: performance.now(), done })
  }

  async #runAsFarAsItGoes(turn: Turn, signal: AbortSignal): Promise<void> {
    const writer = new TurnWriter(this.#options.journal, turn, signal)
    await this.#runFrom(turn, writer, new Map(), signal)
  }

  async #takeUp(held: TurnToResume, signal: AbortSignal): Promise<void> {
    const resumed = await resumeTurn(this.#options.db, held)
    if (!resumed) return
    const { turn_id } = held
    const { turn, attemptsBefore, hasStarted, interruptedCall } = resumed
    const writer = new TurnWriter(this.#options.journal, turn, signal)
    if (!hasStarted) writer.event('turn.started', { turn_id, input_message_id: turn.input_message_id })
    if (interruptedCall) writer.event('reason.recovered', { turn_id, mode: 'restart', ...interruptedCall })
    await this.#runFrom(turn, writer, attemptsBefore, signal)
  }

  async #runFrom(turn: Turn, writer: TurnWriter, attemptsBefore: Map<string, number>, signal: AbortSignal): Promise<void> {
    const { tools } = findTools(turn.definition.capabilities.map((capability) => capability.ref))
    const nextWorkerId = () => (this.#stopping === null ? this.id : null)
    const run: TurnRun = { services: this.#options, turn, tools, writer, signal, attemptsBefore, earlier: null, nextWorkerId, time_to_first_token_ms: null }
    const { hasEnded, next_turn_id } = await runTurn(run)
    if (hasEnded && run.earlier) this.#options.pasts.remember(turn, run.earlier)
    if (next_turn_id) {
      // The next turn takes over the slot that this one is about to free.
      this.#slotsTaken += 1
      const { organization_id, session_id } = turn
      const next = { organization_id, session_id, turn_id: next_turn_id, epoch: turn.epoch + 1 }
      this.#start(next.session_id, next.turn_id, (nextSignal) => this.#takeUp(next, nextSignal))
    }
  }

  async #beatUntilStopped(): Promise<void> {
    while (!this.#wakeBeat.signal.aborted) {
      try {
        await this.#connect()
        const sentAt = performance.now()
        const free = this.#stopping !== null ? 0 : Math.max(0, this.#options.slots - this.#slotsTaken)
        this.#settle(await beat(this.#client!, this.id, free), sentAt)
      } catch (error) {
        this.#options.log.warn({ err: error, worker_id: this.id }, 'a heartbeat failed')
        await this.#client?.end().catch(() => {})
        this.#client = null
      }
      await delay(beatMs, undefined, { signal: this.#wakeBeat.signal, ref: false }).catch(() => {})
    }
  }

  /** Brings what runs here in line with what the database says (L5). */
  #settle(held: readonly HeldTurn[], sentAt: number): void {
    const heldIds = new Set(held.map((turn) => turn.turn_id))
    for (const [turnId, running] of this.#running) {
      if (!heldIds.has(turnId) && running.since < sentAt - adoptAfterMs) running.controller.abort(new LeaseLost())
    }
    for (const id of this.#unknownSince.keys()) if (!heldIds.has(id)) this.#unknownSince.delete(id)
    for (const turn of held) {
      if (this.#running.has(turn.turn_id)) {
        this.#unknownSince.delete(turn.turn_id)
        continue
      }
      const since = this.#unknownSince.get(turn.turn_id) ?? sentAt
      this.#unknownSince.set(turn.turn_id, since)
      if ((turn.claimed || sentAt - since >= adoptAfterMs) && this.takeSlot()) {
        this.#unknownSince.delete(turn.turn_id)
        this.#start(turn.session_id, turn.turn_id, (signal) => this.#takeUp(turn, signal))
      }
    }
  }

  async #connect(): Promise<void> {
    if (this.#client) return
    const { connectionString, slots } = this.#options
    const client = await connectClient({ connectionString, applicationName: 'reprise worker', statementTimeoutMs: 5_000 })
    client.on('error', () => {
      if (this.#client === client) this.#client = null
    })
    await registerWorker(client, { id: this.id, hostname: hostname(), pid: process.pid, slots })
    this.#client = client
  }
}
