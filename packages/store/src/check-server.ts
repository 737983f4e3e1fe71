import { AppError } from '@reprise/contract'
import pg from 'pg'

/** PostgreSQL's `server_version_num` of the oldest version that has what our SQL uses. */
const serverVersionMin = 150_000
/** Each round can miss a pooler only while another client takes the very connection that was just given back. */
const poolingRounds = 3

/** Refuses a server that Reprise cannot work on, with the next thing to try. Opens two connections for a moment. */
export async function checkServer({ connectionString }: { connectionString: string }): Promise<void> {
  const clients = [makeClient(connectionString), makeClient(connectionString)] as const
  try {
    await connect(clients[0])
    checkServerVersion(await readServerVersion(clients[0]))
    await connect(clients[1])
    if (await isPooledByTransaction(...clients)) throw poolingError()
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => {})))
  }
}

export function checkServerVersion(serverVersion: number): void {
  if (serverVersion >= serverVersionMin) return
  const major = Math.floor(serverVersion / 10_000)
  // Up to 9.6 a major version had two parts.
  const name = major >= 10 ? `${major}` : `${major}.${Math.floor(serverVersion / 100) % 100}`
  throw refusal(`PostgreSQL ${name} is too old: Reprise needs 15 or newer. Upgrade it, or leave DATABASE_URL unset to use the built-in one.`)
}

/**
 * A session has one backend for its whole life, and shares it with nobody. Behind a pooler in transaction mode, the backend of the first
 * client is free between its statements, so that the second one's transaction gets it, or the first one gets another next time.
 */
async function isPooledByTransaction(first: pg.Client, second: pg.Client): Promise<boolean> {
  for (let round = 0; round < poolingRounds; round++) {
    const before = await readBackendPid(first)
    try {
      await second.query('BEGIN')
    } catch (cause) {
      throw poolingError(cause) // a pooler in statement mode refuses transactions altogether
    }
    const held = await readBackendPid(second)
    const after = await readBackendPid(first)
    await second.query('COMMIT')
    if (held === before || held === after || before !== after) return true
  }
  return false
}

async function readBackendPid(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('/* readBackendPid */ SELECT pg_backend_pid() AS pid')
  return rows[0]!.pid
}

async function readServerVersion(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ version: number }>("/* readServerVersion */ SELECT current_setting('server_version_num')::integer AS version")
  return rows[0]!.version
}

function makeClient(connectionString: string): pg.Client {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000, application_name: 'reprise check' })
  client.on('error', () => {}) // the statement that follows fails with the same reason
  return client
}

async function connect(client: pg.Client): Promise<void> {
  try {
    await client.connect()
  } catch (cause) {
    const reason = (cause as Error).message || String((cause as NodeJS.ErrnoException).code) // `as`: pg rejects with errors only; an AggregateError has no message
    throw refusal(`The database cannot be reached: ${reason}. Check DATABASE_URL, or leave it unset to use the built-in PostgreSQL.`, cause)
  }
}

function poolingError(cause?: unknown): AppError {
  return refusal(
    'The database is behind a pooler in transaction mode, which Reprise cannot work with (it listens for notifications, holds session locks and prepares statements). Connect to PostgreSQL directly, or use session pooling.',
    cause,
  )
}

function refusal(message: string, cause?: unknown): AppError {
  return new AppError('database_unavailable', { message, cause })
}
