/**
 * What the server does beside requests and turns: duties, kept on a job queue in the same database.
 *
 * B1  An order that was sent inside a transaction is there exactly if that committed.
 * B2  An order whose duty fails, or whose process dies, is given out again: duties must bear being done twice.
 * B3  A duty with a `cron` is ordered once each time, however many processes there are.
 */
import type { Database } from '@reprise/store'
import { PgBoss, type QueueOptions } from 'pg-boss'
import type { Log } from '../turn/turn-run.ts'

export interface Duty {
  /** Names its queue. */
  name: string
  /** When it is due by itself, in UTC: `* * * * *` is every minute. */
  cron?: string
  /** How often and how late it is tried again. */
  retries: Pick<QueueOptions, 'retryLimit' | 'retryDelay' | 'retryBackoff' | 'retryDelayMax' | 'expireInSeconds'>
  /** How many orders one process carries out at once. */
  atOnce: number
  /** Aborted when the process stops, or the order has taken too long. */
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
/** A fresh order tells of itself by NOTIFY. One that is tried again, or was sent for later, is found by looking. */
const lookSeconds = 5
const stopPatienceMsDefault = 3_000

export class Background {
  readonly #options: BackgroundOptions
  readonly #boss: PgBoss
  #starting: Promise<void> | null = null

  constructor(options: BackgroundOptions) {
    this.#options = options
    const { connectionString, log, performs } = options
    this.#boss = new PgBoss({ connectionString, application_name: 'reprise background', max: connectionsMax, useListenNotify: performs, schedule: performs, supervise: performs })
    this.#boss.on('error', (err) => log.warn({ err }, 'the background is late'))
  }

  start(): Promise<void> {
    return (this.#starting ??= this.#start())
  }

  /** Sends an order; with `db` inside its transaction. */
  async order(name: string, order: object, { db, ...when }: { db?: Database; startAfter?: Date; singletonKey?: string } = {}): Promise<void> {
    await this.start()
    const executor = db && { executeSql: async (text: string, values?: unknown[]) => ({ rows: (await db.query(text, values)).rows }) }
    await this.#boss.send(name, order, { ...when, ...(executor && { db: executor }) })
  }

  /** Resolves when no duty runs any more; what was begun and not finished is given out again. */
  async stop(): Promise<void> {
    if (!this.#starting) return
    await this.#starting.catch(() => {})
    await this.#boss.stop({ graceful: true, timeout: this.#options.stopPatienceMs ?? stopPatienceMsDefault })
  }

  async #start(): Promise<void> {
    await this.#boss.start()
    for (const duty of this.#options.duties) await this.#take(duty)
  }

  async #take({ name, cron, retries, atOnce, perform }: Duty): Promise<void> {
    await this.#boss.createQueue(name, { ...retries, notify: true })
    if (!this.#options.performs) return
    await this.#boss.work<object, void>(name, { localConcurrency: atOnce, notifyPollingIntervalSeconds: lookSeconds }, async ([order]) => {
      if (order) await perform(order.data ?? {}, order.signal)
    })
    if (cron !== undefined) await this.#boss.schedule(name, cron)
  }
}
