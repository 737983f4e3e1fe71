import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool, migrate } from '@reprise/store'
import type { FromHost, HostReport, ToHost } from './measured-host.ts'

export interface MeasuredHost {
  address: string
  /** Of the host's own, durable PostgreSQL. */
  connectionString: string
  /** Null: it asks for none. */
  apiKey: string | null
  reset(): void
  report(): Promise<HostReport>
  remove(): Promise<void>
}

/** Another server than the built-in one; its user must be allowed to create databases. */
const givenServer = process.env['REPRISE_BENCH_DATABASE_URL']

interface MeasuredHostOptions {
  /** A database that is there; without it the host gets a new data folder, or a new database of the given server. */
  connectionString?: string
  /** The folder of another checkout of this repository, whose files the host is made of. */
  checkout?: string
  /** An inward place, as `host:port`, that the host may call. */
  egressAllow?: string
  /** The one that its callers must have. */
  apiKey?: string
}

/** Starts a host in a process of its own. */
export async function startMeasuredHost({ connectionString, checkout, egressAllow = '', apiKey }: MeasuredHostOptions = {}): Promise<MeasuredHost> {
  const given = connectionString === undefined && givenServer ? await createDatabase(givenServer, `bench_${process.pid}_${Date.now()}`) : null
  const databaseUrl = connectionString ?? given?.connectionString
  const folder = await mkdtemp(join(tmpdir(), 'reprise-bench-'))
  await chmod(folder, 0o755) // as root, PostgreSQL runs as another user
  const ownProgram = new URL('./measured-host.ts', import.meta.url)
  const child = fork(checkout === undefined ? ownProgram : join(checkout, 'apps/host/bench/measured-host.ts'), {
    env: {
      ...process.env,
      PORT: '0',
      REPRISE_DATA_DIR: folder,
      REPRISE_LOG_LEVEL: 'warn',
      DATABASE_URL: databaseUrl ?? '',
      REPRISE_API_KEY: apiKey ?? '',
      REPRISE_REQUESTS_PER_MINUTE: '',
      REPRISE_EGRESS_ALLOW: egressAllow,
      OPENAI_API_KEY: '',
      ANTHROPIC_API_KEY: '',
    },
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const send = (message: ToHost) => child.send(message)
  const receive = async () => ((await once(child, 'message')) as [FromHost])[0] // only measured-host.ts sends
  const started = await receive()
  if (!('address' in started)) throw new Error('the host did not start')
  return {
    address: started.address,
    connectionString: databaseUrl ?? `postgresql://postgres@localhost/postgres?host=${encodeURIComponent(join(folder, 'postgres'))}`,
    apiKey: apiKey ?? null,
    reset: () => void send('reset'),
    async report() {
      send('report')
      return (await receive()) as HostReport // the answer to it
    },
    async remove() {
      send('stop')
      await once(child, 'exit')
      await given?.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Another database on the same server, with the schema in it, which no worker watches. */
export async function createBareDatabase(connectionString: string): Promise<BenchDatabase> {
  const bare = await createEmptyDatabase(connectionString)
  await migrate({ connectionString: bare.connectionString, log: () => {} })
  return bare
}

/** Another database on the same server, with nothing in it. */
export function createEmptyDatabase(connectionString: string): Promise<BenchDatabase> {
  return createDatabase(connectionString, `bare_${Date.now()}`)
}

interface BenchDatabase {
  connectionString: string
  drop(): Promise<void>
}

async function createDatabase(serverUrl: string, name: string): Promise<BenchDatabase> {
  const run = async (statement: string) => {
    const pool = createPool({ connectionString: serverUrl, applicationName: 'bench', connectionsMax: 1 })
    await pool.query(statement)
    await pool.end()
  }
  await run(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return { connectionString: url.href, drop: () => run(`DROP DATABASE ${name} WITH (FORCE)`) }
}

/** Transactions that wrote something, since the database was made: reads take no number. */
export async function countCommits(connectionString: string): Promise<number> {
  const pool = createPool({ connectionString, applicationName: 'bench', connectionsMax: 1 })
  const { rows } = await pool.query<{ next: string }>('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next')
  await pool.end()
  return Number(rows[0]!.next)
}
