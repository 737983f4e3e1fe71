/**
 * What the server does beside requests and turns: duties, kept on a job queue in the same database.
 *
 * B1  An order that was sent inside a transaction is there exactly if that committed.
 * B2  An order whose duty fails, or whose process dies, is given out again: duties must bear being done twice.
 * B3  A duty with a `cron` is ordered once each time, however many processes there are.
 * B4  An idle process asks seldom. A fresh order wakes it by NOTIFY; one poller of a duty looks for those that no NOTIFY
 *     told, and wakes the others where there is something.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '@reprise/store'
import { PgBoss, type Job, type QueueOptions } from 'pg-boss'
import type { Log } from '../turn/turn-run.ts'

export interface Duty {
  /** Names its queue. */
  name: string
  /** When it is due by itself, in UTC: `* * * * *` is every minute. Such an order is empty. */
  cron?: string
  /** How often and how late it is tried again. */
  retries: Pick<QueueOptions, 'retryLimit' | 'retryDelay' | 'retryBackoff' | 'retryDelayMax' | 'expireInSeconds'>
  /** How many orders one process carries out at once. */
  atOnce: number
  /** How late an order may be found that was sent for later, or is tried again: each look is a query. */
  lookSeconds?: number
  /** Aborted when the process stops, or the order has taken too long. What it throws then has it ordered again. */
  perform(order: object, signal: AbortSignal): Promise<void>
}

export interface BackgroundOptions {
  connectionString: string
  log: Log
  duties: readonly Duty[]
  /** False: orders are sent, and left to other processes. */
  performs: boolean
  stopPatienceMs?: number
}

const connectionsMax = 3
const lookSecondsDefault = 10
/** For pollers that another one wakes. */
const seldomSeconds = 600
/** A duty's own signal has been aborted by then, so what still runs is cut off. */
const stopPatienceMsDefault = 2_000
/** After how long a start that failed is tried again. */
const startAgainMs = 15_000

/** What pg-boss does for itself, less often than it would: each is a query. */
const ownPace = { flowIntervalSeconds: 300, cronWorkerIntervalSeconds: 15, notifyHeartbeatIntervalMs: 30_000, registerInstance: false, monitorVacuum: false } as const

export class Background {
  readonly #options: BackgroundOptions
  readonly #boss: PgBoss
  readonly #duties: Duty[]
  readonly #stop = new AbortController()
  /** What an earlier start, that failed at the next, has taken up. */
  readonly #taken = new Set<Duty>()
  #starting: Promise<void> | null = null

  constructor(options: BackgroundOptions) {
    this.#options = options
    this.#duties = [...options.duties]
    const { connectionString, log, performs } = options
    const roles = { useListenNotify: performs, schedule: performs, supervise: performs }
    this.#boss = new PgBoss({ connectionString, application_name: 'reprise background', max: connectionsMax, ...ownPace, ...roles })
    this.#boss.on('error', (err) => log.warn({ err }, 'the background is late'))
    this.#boss.on('warning', ({ message }) => log.warn({ reason: message }, 'the background is late'))
  }

  /** Adds a duty that is made of what stands above the engine. Before the start. */
  add(duty: Duty): void {
    if (this.#starting) throw new Error(`the background has started without ${duty.name}`)
    this.#duties.push(duty)
  }

  /** May be called again after it failed. */
  start(): Promise<void> {
    this.#starting ??= this.#start().catch((error: unknown) => {
      this.#starting = null
      throw error
    })
    return this.#starting
  }

  /** Starts, and where that fails tries again until it works. Returns early only to stop. */
  async begin(): Promise<void> {
    const { signal } = this.#stop
    while (!(await this.isReady()) && !signal.aborted) await delay(startAgainMs, undefined, { signal, ref: false }).catch(() => {})
  }

  /** Starts if need be. False where it cannot: then a duty that has a `cron` finds by itself what nobody ordered. */
  async isReady(): Promise<boolean> {
    try {
      await this.start()
      return true
    } catch (err) {
      if (!this.#stop.signal.aborted) this.#options.log.warn({ err }, 'the background did not start')
      return false
    }
  }

  /** Sends an order; with `db` inside its transaction. */
  async order(name: string, order: object, { db, ...when }: { db?: Database; startAfter?: Date; singletonKey?: string } = {}): Promise<void> {
    await this.start()
    const executor = db && { executeSql: async (text: string, values?: unknown[]) => ({ rows: (await db.query(text, values)).rows }) }
    await this.#boss.send(name, order, { ...when, ...(executor && { db: executor }) })
  }

  /** Resolves when no duty runs any more; what was begun and not finished is given out again. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the process stops'))
    // One that has failed may have left something open.
    await this.#starting?.catch(() => {})
    await this.#boss.stop({ graceful: true, timeout: this.#options.stopPatienceMs ?? stopPatienceMsDefault })
  }

  async #start(): Promise<void> {
    this.#stop.signal.throwIfAborted()
    await this.#boss.start()
    for (const duty of this.#duties) {
      if (this.#taken.has(duty)) continue
      await this.#take(duty)
      this.#taken.add(duty)
    }
  }

  async #take(duty: Duty): Promise<void> {
    const { name, cron, retries, atOnce, lookSeconds = lookSecondsDefault } = duty
    await this.#boss.createQueue(name, { ...retries, notify: true })
    // The queue was there already, from a process with other words for it.
    await this.#boss.updateQueue(name, { ...retries, notify: true })
    if (!this.#options.performs || this.#stop.signal.aborted) return
    if (cron !== undefined) await this.#boss.schedule(name, cron)
    // Nothing below asks the database.
    const pollers: string[] = []
    const wakeAll = () => pollers.forEach((id) => this.#boss.notifyWorker(id))
    for (let poller = 0; poller < atOnce; poller++) {
      const seconds = poller === 0 ? lookSeconds : seldomSeconds
      const pace = { pollingIntervalSeconds: lookSeconds, notifyPollingIntervalSeconds: seconds }
      // Where there is one order there may be more: everybody looks again, and so on until nothing is left.
      const work = async (jobs: Job<object>[]) => {
        wakeAll()
        await this.#perform(duty, jobs[0])
        wakeAll()
      }
      pollers.push(await this.#boss.work<object, void>(name, pace, work))
    }
  }

  async #perform({ name, perform }: Duty, job: Job<object> | undefined): Promise<void> {
    if (!job) return
    try {
      await perform(job.data ?? {}, AbortSignal.any([job.signal, this.#stop.signal]))
    } catch (err) {
      if (!this.#stop.signal.aborted) this.#options.log.warn({ err, duty: name }, 'a duty failed, and is tried again')
      throw err
    }
  }
}
