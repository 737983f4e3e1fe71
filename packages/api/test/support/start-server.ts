import { createCompute, type Compute } from '@reprise/compute'
import { createEngine, type Engine, type EngineOptions } from '@reprise/engine'
import { createPool, Hub, Journal, seed } from '@reprise/store'
import fastify, { type FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import type pg from 'pg'
import { createTestDatabase, type TestDatabase } from '../../../../test/database.ts'
import { apiPlugin, createFireSchedules, serverOptions, type ApiOptions } from '../../src/index.ts'
import { ResponseChecks } from './response-checks.ts'

export interface StartOptions extends Partial<Pick<ApiOptions, 'access' | 'stream_times' | 'key_use_period_ms' | 'limit_times' | 'requests_per_minute' | 'pages'>> {
  /** A second server on the database of a first. */
  database?: TestDatabase
  /** The port of a server that was closed. */
  port?: number
  engine?: Partial<EngineOptions>
}

export interface TestServer {
  url: string
  port: number
  pool: pg.Pool
  compute: Compute
  engine: Engine
  hub: Hub
  fastify: FastifyInstance
  database: TestDatabase
  /** Every route, as `GET /v1/models/:model_id`. */
  routes: string[]
  /** Every line that was logged. */
  logged: string[]
  /** Every response is held against the document; what does not fit fails the test when the server is closed. */
  responses: ResponseChecks
  /** Ends streams as a stopping host does. */
  beginStop(): void
  close(): Promise<void>
}

/** The whole server of one process, as the host composes it, on a loopback port and a database of its own. */
export async function startServer(options: StartOptions = {}): Promise<TestServer> {
  const database = options.database ?? (await createTestDatabase())
  const { connectionString } = database
  const pool = createPool({ connectionString, applicationName: 'test' })
  await seed(pool)
  const stopping = new AbortController()
  const logged: string[] = []
  const server = fastify({ ...serverOptions, logger: { level: 'warn', stream: { write: (line: string) => void logged.push(line) } } })
  const routes: string[] = []
  server.addHook('onRoute', ({ method, url }) => void routes.push(...[method].flat().map((name) => `${name} ${url}`)))
  const responses = await ResponseChecks.start(server.server)
  const compute = createCompute({ threads: 1 })
  const journal = new Journal({ connectionString })
  const hub = new Hub()
  journal.onCommitted((committed) => hub.publish(committed))
  const engine = createEngine({ connectionString, db: pool, journal, compute, log: server.log, graceMs: 100, ...options.engine })
  await engine.start()
  const services = { db: pool, hub, engine, compute, stopping: stopping.signal }
  engine.background.add(createFireSchedules(services))
  await server.register(apiPlugin, {
    ...services,
    access: options.access ?? { api_key: null, cors_origins: [] },
    readiness: async () => ({ ready: true, checks: { database: 'ok' } }),
    version: '0.0.0-test',
    ...(options.key_use_period_ms !== undefined && { key_use_period_ms: options.key_use_period_ms }),
    ...(options.stream_times && { stream_times: options.stream_times }),
    ...(options.limit_times && { limit_times: options.limit_times }),
    ...(options.pages && { pages: options.pages }),
    requests_per_minute: options.requests_per_minute ?? null,
  })
  await server.listen({ host: '127.0.0.1', port: options.port ?? 0 })
  const { port } = server.server.address() as AddressInfo // a TCP server, listening
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pool,
    compute,
    engine,
    hub,
    fastify: server,
    database,
    routes,
    logged,
    responses,
    beginStop: () => stopping.abort(),
    async close() {
      stopping.abort()
      await server.close()
      await engine.stop()
      await journal.stop()
      await compute.stop()
      await pool.end()
      if (!options.database) await database.drop()
      responses.end()
    },
  }
}
