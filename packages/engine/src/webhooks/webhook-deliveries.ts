/**
 * Tells webhooks of events. A delivery's row is committed with its event (migrations/0014); what is done here is to see
 * that each is attempted until it came through.
 *
 * W1  The rows alone say what is due. An order on the job queue says only that it is time to look: one too many finds
 *     nothing, and one that was lost is sent again by the sweep.
 * W2  A webhook is noted as looked after (`look_at`) in the transaction that sends the order for it.
 * W3  One process at a time delivers to a webhook, a round of deliveries at once. Who is done looks once more *after* it
 *     let go: what was committed meanwhile was left to it by everybody else.
 * W4  A webhook to which nothing of a round came through is left in peace for a while, longer each time: receivers that
 *     hang hold a slot for the time limit of one round, and then come after all others.
 * W5  An attempt is counted before it is made. If its process dies, it is made again once its hold is over: a receiver
 *     is told at least once, and always under the same id.
 */
import { hasDueWebhooks, inTransaction, markDueWebhooks, pruneDeliveries, recordAttempts, takeDueDeliveries, takeDueWebhook, type Committed, type DatabasePool, type HeldWebhook } from '@reprise/store'
import type { Background, Duty } from '../background/background.ts'
import type { Log } from '../turn/turn-run.ts'
import { attemptDelivery, isGone, type DeliveryServices } from './attempt-delivery.ts'

export interface WebhookDeliveriesOptions extends DeliveryServices {
  /** For the transactions that order. */
  transactions: DatabasePool
  order: Background['order']
  log: Log
}

const deliverDuty = 'deliver-webhooks'
/** Longer than any round takes: the time limit of its attempts, and the database. */
const holdMarginMs = 30_000
const daysKept = 30
const pruneBatch = 5_000

export class WebhookDeliveries {
  readonly #options: WebhookDeliveriesOptions
  readonly #stopping = new AbortController()
  /** Organizations in which something was committed that webhooks may be waiting for. */
  #touched = new Set<string>()
  #timer: NodeJS.Timeout | null = null
  #ordering: Promise<void> = Promise.resolve()

  constructor(options: WebhookDeliveriesOptions) {
    this.#options = options
  }

  get duties(): Duty[] {
    const retries = { retryLimit: 5, retryDelay: 1, retryBackoff: true, retryDelayMax: 60, expireInSeconds: 300 }
    return [
      { name: deliverDuty, retries, atOnce: 8, perform: (_order, signal) => this.#deliver(AbortSignal.any([signal, this.#stopping.signal])) },
      { name: 'sweep-webhooks', cron: '* * * * *', retries: { retryLimit: 0 }, atOnce: 1, perform: () => this.orderDue(null) },
      { name: 'prune-webhook-deliveries', cron: '23 3 * * *', retries: { retryLimit: 3, retryDelay: 60 }, atOnce: 1, perform: (_order, signal) => this.#prune(signal) },
    ]
  }

  /** Takes what the journal committed. */
  committed({ append, settled }: Committed): void {
    if (!settled || this.#stopping.signal.aborted) return
    this.#touched.add(append.organization_id)
    this.#timer ??= setTimeout(() => this.#look(), this.#options.terms.gatherMs)
  }

  /** Has every due delivery looked after, of these organizations or of all. */
  async orderDue(organizationIds: readonly string[] | null): Promise<void> {
    const { db, transactions, order } = this.#options
    if (!(await hasDueWebhooks(db, organizationIds))) return
    await inTransaction(transactions, async (transaction, complete) => {
      for (const startAfter of await markDueWebhooks(transaction, organizationIds)) await order(deliverDuty, {}, { db: transaction, startAfter })
      await complete()
    })
  }

  /** As soon as it can be. What could not be ordered now, the sweep orders within a minute. */
  async orderSoon(organizationIds: readonly string[] | null): Promise<void> {
    await this.orderDue(organizationIds).catch((err: unknown) => this.#options.log.warn({ err }, 'webhooks are told late'))
  }

  /** Cuts the attempts that are under way; others make them again. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    if (this.#timer) clearTimeout(this.#timer)
    await this.#ordering
  }

  #look(): void {
    this.#timer = null
    const organizationIds = [...this.#touched]
    this.#touched.clear()
    this.#ordering = this.#ordering.then(() => this.orderSoon(organizationIds))
  }

  /** One round after the other, of whichever webhook has been due for the longest. */
  async #deliver(signal: AbortSignal): Promise<void> {
    const { db, terms } = this.#options
    while (!signal.aborted) {
      const webhook = await takeDueWebhook(db, terms.timeoutMs + holdMarginMs)
      if (!webhook) return
      await this.#deliverRound(webhook, signal)
      // Whoever stops leaves the rest to the others, and to the sweep.
      if (!signal.aborted) await this.orderDue([webhook.organization_id])
    }
  }

  async #deliverRound(webhook: HeldWebhook, signal: AbortSignal): Promise<void> {
    const { db, terms } = this.#options
    const deliveries = await takeDueDeliveries(db, webhook, { max: terms.atOnce, holdMs: terms.timeoutMs + holdMarginMs })
    const outcomes = await Promise.all(deliveries.map((delivery) => attemptDelivery(this.#options, webhook, delivery, signal)))
    const gone_reason = outcomes.some(isGone) ? 'The receiver answered 410: it is gone.' : null
    await recordAttempts(db, webhook, outcomes, { ...terms, gone_reason })
  }

  async #prune(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await pruneDeliveries(this.#options.db, { daysMax: daysKept, batch: pruneBatch })) === pruneBatch);
  }
}
