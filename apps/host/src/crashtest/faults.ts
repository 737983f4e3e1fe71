/**
 * The faults: planned by the seed, fired one after the other while the load runs.
 *
 * F1  One process at least is left to carry on, where there is more than one.
 * F2  A fault counts only when it has happened: a process is dead, a connection was cut.
 * F3  A restart of PostgreSQL stands alone: what is killed while the server forgets its locks is found later by design,
 *     and would say nothing about recovery.
 * F4  Who is killed is chosen before it is known what it runs. Were busy processes sought, a turn that was just taken
 *     over would be hit again and again, until nobody could tell its deaths from a fault of its own.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { crashPoints, type CrashPoint, type Database } from '@reprise/store'
import type { CutKind, CuttingProxy } from './cutting-proxy.ts'
import type { DatabaseRestart, TestDatabase } from './database.ts'
import type { Load } from './load.ts'
import type { CrashtestOptions } from './options.ts'
import type { Processes, ServerProcess } from './processes.ts'
import type { Random } from './random.ts'
import { findHeldTurns, findRunningTurns, type Hit } from './recovery.ts'
import { shapes } from './shapes.ts'

export type Fault =
  | { kind: 'kill' }
  | { kind: 'crash'; point: CrashPoint }
  | { kind: 'freeze' }
  | { kind: 'cut'; cut: CutKind }
  | { kind: 'restart'; how: DatabaseRestart }

export interface FaultsFired {
  kills: number
  /** At each point. */
  crashes: Map<CrashPoint, number>
  freezes: number
  cuts: Map<CutKind, number>
  restarts: number
  /** What did not happen in time, though everything was ready for it. */
  missed: string[]
}

const pauseMs = { min: 200, max: 1_200 }
/** The lease term is 5 s: who sleeps longer has lost its turns. */
const freezeMs = { min: 5_600, max: 7_500 }
/** How many victims are at work when it happens, and how often all others are up again by then. */
const busyShareOfKills = 0.8
const allUpShare = 0.7
const busyPatienceMs = 2_000
const busyPollMs = 25
const crashPatienceMs = 6_000
const cutPatienceMs = 5_000
const calmMs = 3_500
/** By then, turns of processes that were cut off have been taken over where they are to be. */
const takeoverMs = 2_000

/** Half of the kills fall on the crash points in turn, half on any moment; everything in an order of the seed's. */
export function planFaults({ kills, freezes, cuts, databaseRestarts }: CrashtestOptions, random: Random): Fault[] {
  const inTurn = random.shuffle(crashPoints)
  const points = Array.from({ length: Math.ceil(kills / 2) }, (_, index): Fault => ({ kind: 'crash', point: inTurn[index % inTurn.length]! }))
  const anywhere = Array.from({ length: Math.floor(kills / 2) }, (): Fault => ({ kind: 'kill' }))
  const frozen = Array.from({ length: freezes }, (): Fault => ({ kind: 'freeze' }))
  const cutKinds: readonly CutKind[] = ['reply', 'request', 'reply', 'all']
  const cut = Array.from({ length: cuts }, (_, index): Fault => ({ kind: 'cut', cut: cutKinds[index % cutKinds.length]! }))
  const restarts = Array.from({ length: databaseRestarts }, (_, index): Fault => ({ kind: 'restart', how: index % 2 === 0 ? 'crash' : 'restart' }))
  return random.shuffle([...points, ...anywhere, ...frozen, ...cut, ...restarts])
}

export interface FaultServices {
  processes: Processes
  proxy: CuttingProxy
  database: TestDatabase
  /** Straight to the database. */
  db: Database
  load: Load
  random: Random
  signal: AbortSignal
}

export class Faults {
  readonly fired: FaultsFired = { kills: 0, crashes: new Map(), freezes: 0, cuts: new Map(), restarts: 0, missed: [] }
  readonly hits: Hit[] = []
  readonly #services: FaultServices
  #thawing: Promise<void> = Promise.resolve()

  constructor(services: FaultServices) {
    this.#services = services
  }

  /** Fires all of them, and leaves every process awake. */
  async run(plan: readonly Fault[]): Promise<void> {
    const { random, load, signal } = this.#services
    for (const fault of plan) {
      await pause(random.integer(pauseMs.min, pauseMs.max), undefined, { signal })
      await this.#fire(fault)
      load.faultFired()
    }
    await this.#thawing
  }

  async #fire(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case 'kill':
        return await this.#kill(await this.#chooseVictim())
      case 'crash':
        return await this.#crash(await this.#chooseVictim(), fault.point)
      case 'freeze':
        return await this.#freeze()
      case 'cut':
        return await this.#cut(fault.cut)
      case 'restart':
        return await this.#restart(fault.how)
    }
  }

  async #chooseVictim(busyShare = busyShareOfKills): Promise<ServerProcess> {
    const { processes, random, signal } = this.#services
    const awake = processes.count - (processes.reachable.length - processes.ready.length)
    await processes.untilReady(random.chance(allUpShare) ? awake : Math.min(2, processes.count), signal)
    const victim = random.pick(processes.ready)
    if (random.chance(busyShare)) await this.#makeBusy(victim)
    return victim
  }

  /** Whom a fault meets idle has little to lose. */
  async #makeBusy(victim: ServerProcess): Promise<void> {
    const { load, signal, db } = this.#services
    const until = performance.now() + busyPatienceMs
    for (let isWished = false; performance.now() < until && (await findHeldTurns(db, victim.pid)).length === 0; isWished = true) {
      if (!isWished) load.wish('model.mid_stream', 1, victim)
      await pause(busyPollMs, undefined, { signal })
    }
  }

  async #kill(victim: ServerProcess): Promise<void> {
    const at = Date.now()
    await this.#services.processes.kill(victim)
    this.fired.kills += 1
    await this.#noteHit('kill', at, victim)
  }

  async #crash(victim: ServerProcess, point: CrashPoint): Promise<void> {
    const { processes, load, random } = this.#services
    const isOnEveryWay = !shapes.some(({ reaches }) => reaches.includes(point))
    const nth = isOnEveryWay ? random.integer(1, 3) : 1
    load.wish(point, nth, victim)
    if (await processes.crashAt(victim, point, nth, crashPatienceMs)) {
      this.fired.crashes.set(point, (this.fired.crashes.get(point) ?? 0) + 1)
      return await this.#noteHit('kill', victim.diedAt!, victim)
    }
    // The kill is owed all the same.
    this.fired.missed.push(`a crash at ${point}: it was not reached in ${crashPatienceMs / 1000} s, and the process was killed where it was`)
    await this.#kill(victim)
  }

  async #freeze(): Promise<void> {
    await this.#thawing
    const { processes, random, signal } = this.#services
    const victim = await this.#chooseVictim(1)
    processes.freeze(victim)
    const at = Date.now()
    this.fired.freezes += 1
    this.#thawing = pause(random.integer(freezeMs.min, freezeMs.max), undefined, { signal }).then(() => processes.thaw(victim))
    this.#thawing.catch(() => {})
    await this.#noteHit('freeze', at, victim)
  }

  async #cut(kind: CutKind): Promise<void> {
    const { proxy, processes, db, signal } = this.#services
    const at = Date.now()
    if (await proxy.cut(kind, cutPatienceMs)) this.fired.cuts.set(kind, (this.fired.cuts.get(kind) ?? 0) + 1)
    else this.fired.missed.push(`a cut (${kind}): no connection spoke in ${cutPatienceMs / 1000} s`)
    if (kind !== 'all') return
    // Who has just taken a turn over from the dead is hit as well.
    this.hits.push({ kind: 'cut', at, turns: await findRunningTurns(db), processesLeft: processes.ready.length })
    await pause(takeoverMs, undefined, { signal })
  }

  async #restart(how: DatabaseRestart): Promise<void> {
    const { processes, database, signal } = this.#services
    await this.#thawing
    await processes.untilReady(processes.count, signal)
    await pause(calmMs, undefined, { signal })
    await database.restart!(how) // planned only where there is one
    this.fired.restarts += 1
    await processes.untilReady(processes.count, signal)
    await pause(calmMs, undefined, { signal })
  }

  async #noteHit(kind: Hit['kind'], at: number, { pid }: ServerProcess): Promise<void> {
    const turns = await findHeldTurns(this.#services.db, pid)
    this.hits.push({ kind, at, turns, processesLeft: this.#services.processes.ready.length })
  }
}
