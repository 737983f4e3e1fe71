import { newId } from '@reprise/contract'
import type pg from 'pg'
import { connectClient, createPool, Definitions, insertSession, Journal, makeSeededSession, registerWorker, seed, seeded, type Append } from '../../src/index.ts'
import { encodeFlush } from '../../src/journal/encode-flush.ts'
import { startCuttingProxy, type CuttingProxy } from '../support/cutting-proxy.ts'
import type { Reply } from './operation.ts'
import type { Run } from './runner.ts'

/** Everything that a model's runs need of one database. */
export interface Connections {
  pool: pg.Pool
  /** Of two processes, as far as the database can tell. */
  journals: Journal[]
  /** Behind a proxy that cuts its connection. */
  cutJournal: Journal
  proxy: CuttingProxy
  /** Heartbeats of all workers, and their locks. */
  heart: pg.Client
  definition_sha256: string
  /** Sends an append as it stands, past the journal: a copy that was under way for long. */
  sendRaw(append: Append, resent: boolean, waitingMax?: number): Promise<Reply>
  close(): Promise<void>
}

export async function openConnections(connectionString: string): Promise<Connections> {
  const pool = createPool({ connectionString, applicationName: 'model', connectionsMax: 4 })
  await seed(pool)
  const definition_sha256 = await new Definitions().keep(pool, seeded.organization_id, {
    agent_id: null, harness_id: seeded.harness_id, system_prompt: null, capabilities: [], tools: [], max_iterations: 10, parallel_tool_calls: true,
  })
  const proxy = await startCuttingProxy(connectionString)
  // One lane each, so that sessions are flushed together.
  const journals = [new Journal({ connectionString, lanes: 1 }), new Journal({ connectionString, lanes: 1 })]
  const cutJournal = new Journal({ connectionString: proxy.connectionString, lanes: 1 })
  const heart = await connectClient({ connectionString, applicationName: 'model heart' })
  // Plans as the lanes have them.
  const raw = createPool({ connectionString: `${connectionString}${connectionString.includes('?') ? '&' : '?'}options=${encodeURIComponent(laneOptions)}`, applicationName: 'model raw', connectionsMax: 3 })
  return {
    pool,
    journals,
    cutJournal,
    proxy,
    heart,
    definition_sha256,
    async sendRaw(append, resent, waitingMax) {
      const [ids, appends, images, wait] = encodeFlush([{ append, resent }], true)
      const text = waitingMax === undefined ? appends : String(appends).replace(/"waiting_max":\d+/, `"waiting_max":${waitingMax}`)
      const { rows } = await raw.query<Reply>({ name: 'append_checkpoints', text: 'SELECT * FROM append_checkpoints($1, $2, $3, $4)', values: [ids, text, images, wait] })
      return rows[0]!
    },
    async close() {
      await Promise.all([...journals, cutJournal].map((journal) => journal.stop()))
      await Promise.all([heart.end(), raw.end(), pool.end(), proxy.stop()])
    },
  }
}

const laneOptions = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off'

export async function createSession({ pool }: Connections): Promise<string> {
  return (await insertSession(pool, makeSeededSession({ agent_id: null }))).id
}

/** A process with a worker, as far as this model goes: what it holds in memory, and what it waits for. */
export interface Process {
  index: number
  workerId: string
  journal: Journal
  runs: Map<string, Run>
}

export async function openProcess({ journals, heart }: Connections, index: number): Promise<Process> {
  const workerId = newId('worker')
  await registerWorker(heart, { id: workerId, hostname: 'model', pid: index, slots: 8 })
  return { index, workerId, journal: journals[index % journals.length]!, runs: new Map() }
}

/** However slow this machine is, these workers are not. */
export async function keepAlive({ heart }: Connections, workerIds: readonly string[]): Promise<void> {
  await heart.query({ name: 'keep_alive', text: "UPDATE workers SET heartbeat_at = clock_timestamp() + interval '1 hour' WHERE id = ANY ($1::text[])", values: [workerIds] })
}

/** Stops the clock for a worker: it was last heard of so long ago, and with `dead` its connection is gone. */
export async function silence({ heart }: Connections, workerId: string, { ms, dead }: { ms: number; dead: boolean }): Promise<void> {
  await heart.query("UPDATE workers SET heartbeat_at = clock_timestamp() - $2 * interval '1 millisecond' WHERE id = $1", [workerId, ms])
  if (dead) await heart.query('SELECT pg_advisory_unlock_shared(worker_lock_key($1))', [workerId])
}
