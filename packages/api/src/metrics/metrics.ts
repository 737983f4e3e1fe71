import { readDurableHealth, type Database } from '@reprise/store'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Of answers. Streams and waits last longer, and are in the last of them. */
const secondsBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

export interface MetricsOptions {
  db: Database
  /** How many event streams of this process are open. */
  countStreams(): number
}

/** What a process tells of itself in Prometheus' words. Turns and workers are the database's, the same in every process. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #options: MetricsOptions
  readonly #requests: Histogram<'method' | 'route' | 'status'>
  readonly #streams: Gauge
  readonly #turns: Gauge<'status'>
  readonly #oldestReady: Gauge
  readonly #workers: Gauge

  constructor(options: MetricsOptions) {
    this.#options = options
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    this.#requests = new Histogram({
      name: 'reprise_http_request_duration_seconds',
      help: 'Requests by route and status, until their answer was sent or left',
      labelNames: ['method', 'route', 'status'],
      buckets: secondsBuckets,
      registers,
    })
    this.#streams = new Gauge({ name: 'reprise_streams_open', help: 'Event streams that this process has open', registers })
    this.#turns = new Gauge({
      name: 'reprise_turns',
      help: 'Turns that have not ended, by status, and those that failed within the last hour',
      labelNames: ['status'],
      registers,
    })
    this.#oldestReady = new Gauge({ name: 'reprise_turns_ready_oldest_seconds', help: 'For how long the oldest turn that could run has waited', registers })
    this.#workers = new Gauge({ name: 'reprise_workers', help: 'Workers that live, those that drain among them', registers })
  }

  /** Measures every request of a server. */
  watch(server: FastifyInstance): void {
    server.addHook('onRequest', (request, reply, done) => {
      // Of the response itself: it comes for streams too, and for a request whose client did not wait for the answer.
      reply.raw.once('close', () => this.#observe(request, reply))
      done()
    })
  }

  /** The exposition, and its content type. */
  async read(): Promise<{ text: string; contentType: string }> {
    this.#streams.set(this.#options.countStreams())
    await this.#lookAtTurns().catch(() => this.#forgetTurns())
    return { text: await this.#registry.metrics(), contentType: this.#registry.contentType }
  }

  async #lookAtTurns(): Promise<void> {
    const { turns_ready, turns_running, turns_waiting, turns_parked, turns_failed_last_hour, oldest_ready_age_ms, workers_live } = await readDurableHealth(this.#options.db)
    const byStatus = { ready: turns_ready, running: turns_running, waiting: turns_waiting, parked: turns_parked, failed: turns_failed_last_hour }
    for (const [status, turns] of Object.entries(byStatus)) this.#turns.set({ status }, turns)
    this.#oldestReady.set((oldest_ready_age_ms ?? 0) / 1_000)
    this.#workers.set(workers_live)
  }

  /** While the database is away the process still tells of itself, and not what it does not know. */
  #forgetTurns(): void {
    this.#turns.reset()
    for (const gauge of [this.#oldestReady, this.#workers]) gauge.set(Number.NaN)
  }

  #observe({ method, routeOptions }: FastifyRequest, reply: FastifyReply): void {
    const status = reply.raw.headersSent ? String(reply.raw.statusCode) : 'none'
    // The pattern, not the url: there are as many series as routes.
    this.#requests.observe({ method, route: routeOptions.url ?? 'none', status }, reply.elapsedTime / 1_000)
  }
}
