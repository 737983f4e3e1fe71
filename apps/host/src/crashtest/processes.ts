/**
 * The server processes under test: started, killed, frozen and started again.
 *
 * X1  A process that dies is replaced at once, whoever killed it.
 * X2  A death that nobody ordered is an incident. A start that fails is tried again, for its connection may have been cut;
 *     when start after start fails, whoever waits for processes is told.
 * X3  Nothing outlives the test: `killAll` ends every process synchronously, the frozen ones too.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { openSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { CrashPoint } from '@reprise/store'
import type { Config } from '../config.ts'
import { StartError } from '../start-error.ts'
import type { FromProcess, PointCounts, ToProcess } from './process.ts'

const entry = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './process.ts' : './process.js', import.meta.url))
const pollMs = 10
const restartDelayMs = 200
const failedStartsMax = 15

export class ServerProcess {
  readonly pid: number
  readonly child: ChildProcess
  state: 'starting' | 'ready' | 'frozen' | 'dead' = 'starting'
  /** Null until it listens. */
  address: string | null = null
  /** It was told to die, at once or at a crash point. */
  isDeathOrdered = false
  /** By `Date.now()`. */
  diedAt: number | null = null
  #onPoints: ((points: PointCounts) => void) | null = null

  constructor(child: ChildProcess) {
    this.child = child
    this.pid = child.pid!
    child.on('message', (message: FromProcess) => {
      if ('points' in message) return this.#onPoints?.(message.points)
      this.address = message.address
      if (this.state === 'starting') this.state = 'ready'
    })
  }

  send(message: ToProcess): void {
    // It may die while it is told.
    if (this.child.connected) this.child.send(message, () => {})
  }

  countPoints(): Promise<PointCounts> {
    return new Promise((resolve) => {
      this.#onPoints = resolve
      this.send('count_points')
    })
  }
}

export interface ProcessesOptions {
  config: Config
  count: number
  logFile: string
  onIncident(what: string): void
}

export class Processes {
  readonly #options: ProcessesOptions
  readonly #log: number
  #all: ServerProcess[] = []
  #isStopping = false
  #failedStarts = 0
  /** How many processes were started, the first ones included. */
  started = 0

  constructor(options: ProcessesOptions) {
    this.#options = options
    this.#log = openSync(options.logFile, 'a')
  }

  async start(signal: AbortSignal): Promise<void> {
    // One after the other: the first one migrates.
    for (let number = 1; number <= this.#options.count; number++) {
      this.#fork()
      await this.untilReady(number, signal)
    }
  }

  /** How many there are to be. */
  get count(): number {
    return this.#options.count
  }

  /** Those that run. */
  get ready(): ServerProcess[] {
    return this.#all.filter(({ state }) => state === 'ready')
  }

  /** Those that a client would try: nobody can tell a frozen one from a slow one. */
  get reachable(): ServerProcess[] {
    return this.#all.filter(({ state }) => state === 'ready' || state === 'frozen')
  }

  async untilReady(count: number, signal: AbortSignal): Promise<void> {
    while (this.ready.length < count) {
      if (this.#failedStarts >= failedStartsMax) throw new StartError(`The server processes do not start: ${failedStartsMax} in a row have ended before they were ready. What they logged says why.`)
      await pause(pollMs, undefined, { signal })
    }
  }

  /** Resolves when it is dead. */
  async kill(process: ServerProcess): Promise<void> {
    process.isDeathOrdered = true
    process.child.kill('SIGKILL')
    await this.#untilDead(process)
  }

  /** Lets it die at the nth time that it reaches a point. False when it did not within the time given: it lives on. */
  async crashAt(process: ServerProcess, point: CrashPoint, nth: number, patienceMs: number): Promise<boolean> {
    process.isDeathOrdered = true
    process.send({ crash_at: { point, nth } })
    const isDead = await Promise.race([this.#untilDead(process).then(() => true), pause(patienceMs, false, { ref: false })])
    if (isDead) return true
    process.send({ crash_at: null })
    // Its answer comes after it has heard the line above.
    await Promise.race([process.countPoints(), this.#untilDead(process)])
    if (process.state === 'dead') return true
    process.isDeathOrdered = false
    return false
  }

  freeze(process: ServerProcess): void {
    process.state = 'frozen'
    process.child.kill('SIGSTOP')
  }

  thaw(process: ServerProcess): void {
    if (process.state === 'frozen') process.state = 'ready'
    process.child.kill('SIGCONT')
  }

  killAll(): void {
    this.#isStopping = true
    for (const { child } of this.#all) child.kill('SIGKILL')
  }

  async stop(): Promise<void> {
    this.killAll()
    await Promise.all(this.#all.map((process) => this.#untilDead(process)))
  }

  #fork(): void {
    const child = fork(entry, { stdio: ['ignore', this.#log, this.#log, 'ipc'] })
    const process = new ServerProcess(child)
    this.#all.push(process)
    this.started += 1
    process.send({ start: this.#options.config })
    child.once('exit', (code, signal) => {
      const wasReady = process.state !== 'starting'
      process.state = 'dead'
      process.diedAt = Date.now()
      this.#all = this.#all.filter((other) => other !== process)
      if (this.#isStopping) return
      if (wasReady) this.#failedStarts = 0
      if (process.isDeathOrdered) return this.#fork()
      if (wasReady) this.#options.onIncident(`a process that served ended by itself (${signal ?? `exit code ${code}`})`)
      else this.#failedStarts += 1
      void this.#forkLater()
    })
  }

  async #forkLater(): Promise<void> {
    await pause(restartDelayMs)
    if (!this.#isStopping) this.#fork()
  }

  async #untilDead(process: ServerProcess): Promise<void> {
    while (process.state !== 'dead') await pause(pollMs)
  }
}
