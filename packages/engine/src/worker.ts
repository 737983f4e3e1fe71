/**
 * A worker: the part of a process that runs turns. One connection of its own tells the database twice a second that it
 * lives, and is told which turns are its own.
 *
 * L5  The database decides who holds a turn. A turn held here that the database gives to another is aborted; one that
 *     it gives to this worker, which does not know it, is taken up.
 * L6  Never more turns than slots, but for turns that are only to be ended, and no more of a limited organization than
 *     it may run (L9): see slots.ts.
 * L8  A suspect runs alone: nothing else starts while one waits or runs, and it starts when all else is done. That it
 *     does is recorded first, so that its death is known to be its own.
 */
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { newId } from '@reprise/contract'
import { beat, connectClient, reachCrashPoint, recordSuspect, registerWorker, removeWorker, type Beat, type CancelReason } from '@reprise/store'
import { BeatPause } from './beat-pause.ts'
import { Slots, type TurnPlace } from './slots.ts'
import { failBrokenTurn } from './turn/fail-broken-turn.ts'
import { isPassing } from './turn/is-passing.ts'
import { Lease, LeaseLost } from './turn/lease.ts'
import { resumeTurn, type TurnToResume } from './turn/resume-turn.ts'
import { runTurn } from './turn/run-turn.ts'
import { startResumedRun, startRun, type RunOwner } from './turn/start-run.ts'
import type { TurnRun, TurnServices } from './turn/turn-run.ts'
import type { Turn, TurnOutcome } from './turn/turn.ts'

export interface WorkerOptions {
  services: TurnServices
  connectionString: string
  /** How many turns run at once; 0: this process runs none, and does not register as a worker. */
  slots: number
  /** How long `stop` waits for running turns; what is left then is taken up by another worker, or the next start. */
  graceMs: number
}

/** A turn that the database gives us and we do not know may be on its way: a commit's reply takes a moment. */
const adoptAfterMs = 2_000

interface Running {
  session_id: string
  lease: Lease
  epoch: number
  /** By `performance.now()`. */
  since: number
  done: Promise<void>
}

export class Worker {
  readonly id = newId('worker')
  readonly #options: WorkerOptions
  readonly #slots: Slots
  readonly #pause = new BeatPause()
  readonly #running = new Map<string, Running>()
  readonly #suspects: TurnToResume[] = []
  readonly #unknownSince = new Map<string, number>()
  #isSuspectRunning = false
  #isDraining = false
  #client: Awaited<ReturnType<typeof connectClient>> | null = null
  #stopping: Promise<void> | null = null
  #beating: Promise<void> = Promise.resolve()

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#slots = new Slots(options.slots)
  }

  async start(): Promise<void> {
    if (this.#options.slots === 0) return
    await this.#connect()
    this.#beating = this.#beatUntilStopped()
  }

  /** Takes a slot for a turn that may be about to start here; false when none is to be had. */
  takeSlot(place: TurnPlace): boolean {
    if (!this.#takesTurns || !this.#slots.hasRoom(place)) return false
    this.#slots.take(place.organization_id)
    return true
  }

  /** Takes a slot for a turn that is only to be ended, which is soon done: also beyond those there are. */
  takeSlotToEnd(organizationId: string): boolean {
    if (this.#stopping !== null || this.#options.slots === 0) return false
    this.#slots.take(organizationId)
    return true
  }

  freeSlot(organizationId: string): void {
    if (this.#slots.give(organizationId)) this.#pause.hurry()
    this.#startSuspect()
  }

  /** Runs a turn that was just accepted, in a slot that was taken for it. */
  run(turn: Turn): void {
    const { organization_id, session_id, id: turn_id, epoch } = turn
    if (this.#runsAlready(turn_id, epoch)) return this.freeSlot(organization_id)
    const held = { organization_id, session_id, turn_id, epoch, may_have_run: true }
    this.#start(held, (lease) => this.#runFrom(held, lease, startRun(this.#options.services, turn, lease, this.#ownerOf(organization_id))))
  }

  /** Takes up a turn from the journal, in a slot that was taken for it. */
  takeUp(turn: TurnToResume): void {
    if (this.#runsAlready(turn.turn_id, turn.epoch)) return this.freeSlot(turn.organization_id)
    this.#start(turn, (lease) => this.#resume(turn, lease))
  }

  /** Ends a turn if it runs here; elsewhere its worker learns it from its next heartbeat. */
  cancel(turnId: string, reason: CancelReason): void {
    this.#running.get(turnId)?.lease.cancel(reason)
  }

  /** Stops what runs here for a session that was deleted; elsewhere its worker learns it from its next heartbeat. */
  leaveSession(sessionId: string): void {
    for (const { session_id, lease } of this.#running.values()) if (session_id === sessionId) lease.lose()
  }

  /** Nothing runs here, nor is about to. */
  get isIdle(): boolean {
    return this.#slots.taken === 0
  }

  /** Resolves when no turn runs here any more and the database knows it. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    const all = Promise.all([...this.#running.values()].map((running) => running.done))
    await Promise.race([all, delay(this.#options.graceMs, undefined, { ref: false })])
    for (const { lease } of this.#running.values()) lease.lose()
    await Promise.all([...this.#running.values()].map((running) => running.done))
    this.#pause.end()
    await this.#beating
    // From here on whatever this worker still held is free, for others and for the next start.
    await removeWorker(this.#options.services.db, this.id).catch(() => {})
    await this.#client?.end().catch(() => {})
    this.#client = null
  }

  get #takesTurns(): boolean {
    return this.#stopping === null && !this.#isDraining && this.#suspects.length === 0 && !this.#isSuspectRunning
  }

  #ownerOf(organizationId: string): RunOwner {
    return { worker_id: this.id, nextWorkerId: () => (this.#takesTurns && this.#slots.keepsPlace(organizationId) ? this.id : null) }
  }

  /** Replies that were a long time on their way come after the turn was adopted. A run of an earlier epoch is only about to leave. */
  #runsAlready(turnId: string, epoch: number): boolean {
    return (this.#running.get(turnId)?.epoch ?? -1) >= epoch
  }

  #start({ organization_id, session_id, turn_id, epoch }: TurnToResume, work: (lease: Lease) => Promise<void>): void {
    const lease = new Lease()
    const running: Running = { session_id, lease, epoch, since: performance.now(), done: Promise.resolve() }
    this.#running.set(turn_id, running)
    running.done = work(lease)
      .catch((error: unknown) => {
        if (!(error instanceof LeaseLost)) this.#options.services.log.error({ err: error, turn_id, session_id }, 'a turn was left as it stands in the journal')
      })
      .finally(() => {
        // A turn that parked may run again by now.
        if (this.#running.get(turn_id) === running) this.#running.delete(turn_id)
        this.freeSlot(organization_id)
      })
  }

  async #resume(held: TurnToResume, lease: Lease): Promise<void> {
    const { services } = this.#options
    const resumed = await resumeTurn(services.db, held)
    if (!resumed) return
    reachCrashPoint('turn.claimed')
    await this.#runFrom(held, lease, startResumedRun(services, resumed, lease, this.#ownerOf(held.organization_id)))
  }

  async #runFrom(held: TurnToResume, lease: Lease, starting: Promise<TurnRun>): Promise<void> {
    const { hasEnded, next_turn_id } = await this.#runToEnd(starting).catch((error: unknown) => this.#failBroken(held, lease, error))
    // The next turn takes over the slot that this one is about to free.
    if (!hasEnded || next_turn_id === null || this.#stopping !== null) return
    const { organization_id, session_id, epoch } = held
    this.#slots.take(organization_id)
    this.takeUp({ organization_id, session_id, turn_id: next_turn_id, epoch: epoch + 1, may_have_run: false })
  }

  async #runToEnd(starting: Promise<TurnRun>): Promise<TurnOutcome> {
    const run = await starting
    const outcome = await runTurn(run)
    if (outcome.hasEnded) rememberPast(run, outcome)
    return outcome
  }

  async #failBroken(held: TurnToResume, lease: Lease, error: unknown): Promise<TurnOutcome> {
    if (lease.isLost || isPassing(error)) throw error
    const { services } = this.#options
    const { session_id, turn_id } = held
    services.log.error({ err: error, turn_id, session_id }, 'a turn broke')
    services.pasts.forget(session_id)
    return await failBrokenTurn(services, { ...held, may_have_run: true }, lease, this.#ownerOf(held.organization_id), error)
  }

  /** Starts the next suspect once nothing else runs (L8). */
  #startSuspect(): void {
    // A slot may be taken for a turn that is just being accepted.
    if (this.#slots.taken > this.#suspects.length) return
    const suspect = this.#suspects.shift()
    if (!suspect) return
    this.#isSuspectRunning = true
    const { db } = this.#options.services
    this.#start(suspect, async (lease) => {
      try {
        await recordSuspect(db, this.id, suspect.turn_id)
        await this.#resume(suspect, lease)
      } finally {
        this.#isSuspectRunning = false
        await recordSuspect(db, this.id, null)
      }
    })
  }

  async #beatUntilStopped(): Promise<void> {
    const { log } = this.#options.services
    while (!this.#pause.hasEnded) {
      try {
        await this.#connect()
        const sentAt = performance.now()
        const free = this.#takesTurns ? this.#slots.free : 0
        this.#settle(await beat(this.#client!, this.id, free, this.isIdle), sentAt)
      } catch (error) {
        log.warn({ err: error, worker_id: this.id }, 'a heartbeat failed')
        await this.#client?.end().catch(() => {})
        this.#client = null
      }
      await this.#pause.wait()
    }
  }

  /** Brings what runs here in line with what the database says (L5). */
  #settle({ draining, held, limited }: Beat, sentAt: number): void {
    this.#isDraining = draining
    this.#slots.learn(limited ?? [])
    const heldIds = new Set(held.map((turn) => turn.turn_id))
    for (const [turnId, { lease, since }] of this.#running) {
      if (!heldIds.has(turnId) && since < sentAt - adoptAfterMs) lease.lose()
    }
    for (const id of this.#unknownSince.keys()) if (!heldIds.has(id)) this.#unknownSince.delete(id)
    for (const turn of held) {
      const running = this.#running.get(turn.turn_id)
      if (running && turn.cancel_requested) running.lease.cancel(turn.cancel_requested)
      if (running || this.#suspects.some((suspect) => suspect.turn_id === turn.turn_id)) {
        this.#unknownSince.delete(turn.turn_id)
        continue
      }
      const since = this.#unknownSince.get(turn.turn_id) ?? sentAt
      this.#unknownSince.set(turn.turn_id, since)
      if (!turn.claimed && sentAt - since < adoptAfterMs) continue
      if (this.#stopping !== null || this.#isSuspectRunning) continue
      this.#unknownSince.delete(turn.turn_id)
      this.#slots.take(turn.organization_id)
      const toResume: TurnToResume = { ...turn, may_have_run: turn.orphaned || !turn.claimed || turn.recoveries > 0 }
      if (turn.is_suspect) this.#suspects.push(toResume)
      else this.takeUp(toResume)
    }
    this.#startSuspect()
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

/** What the session's next turn need not read back. A past that the journal would tell otherwise is forgotten. */
function rememberPast({ services, turn, earlier }: TurnRun, { isWholePast }: TurnOutcome): void {
  if (earlier && isWholePast) services.pasts.remember(turn, earlier)
  else services.pasts.forget(turn.session_id)
}
