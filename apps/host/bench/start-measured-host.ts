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
  reset(): void
  report(): Promise<HostReport>
  remove(): Promise<void>
}

/** Starts a host in a process of its own, on a new data folder. */
export async function startMeasuredHost(): Promise<MeasuredHost> {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-bench-'))
  await chmod(folder, 0o755) // as root, PostgreSQL runs as another user
  const child = fork(new URL('./measured-host.ts', import.meta.url), {
    env: { ...process.env, PORT: '0', REPRISE_DATA_DIR: folder, REPRISE_LOG_LEVEL: 'warn', DATABASE_URL: '', REPRISE_API_KEY: '' },
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const send = (message: ToHost) => child.send(message)
  const receive = async () => ((await once(child, 'message')) as [FromHost])[0] // only measured-host.ts sends
  const started = await receive()
  if (!('address' in started)) throw new Error('the host did not start')
  const socket = join(folder, 'postgres')
  return {
    address: started.address,
    connectionString: `postgresql://postgres@localhost/postgres?host=${encodeURIComponent(socket)}`,
    reset: () => void send('reset'),
    async report() {
      send('report')
      return (await receive()) as HostReport // the answer to it
    },
    async remove() {
      send('stop')
      await once(child, 'exit')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Another database on the same server, with the schema in it, which no worker watches. */
export async function createBareDatabase(connectionString: string): Promise<string> {
  const pool = createPool({ connectionString, applicationName: 'bench', connectionsMax: 1 })
  await pool.query('CREATE DATABASE bare')
  await pool.end()
  const bare = connectionString.replace('/postgres?', '/bare?')
  await migrate({ connectionString: bare, log: () => {} })
  return bare
}

/** Transactions that wrote something, since the database was made: reads take no number. */
export async function countCommits(connectionString: string): Promise<number> {
  const pool = createPool({ connectionString, applicationName: 'bench', connectionsMax: 1 })
  const { rows } = await pool.query<{ next: string }>('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next')
  await pool.end()
  return Number(rows[0]!.next)
}
