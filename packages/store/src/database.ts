import pg from 'pg'

/** What queries run on: a pool, or one client of it inside a transaction. */
export type Database = Pick<pg.Pool, 'query'>

/** What transactions are opened on. */
export type DatabasePool = Pick<pg.Pool, 'connect' | 'end'>

/** One open transaction. */
export type Transaction = Pick<pg.PoolClient, 'query'>

/** Runs work in a transaction. `complete` commits it; what was not completed by the end is undone. */
export async function inTransaction<T>(pool: DatabasePool, work: (transaction: Transaction, complete: () => Promise<void>) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let isOpen = true
  try {
    await client.query('BEGIN')
    const result = await work(client, async () => {
      await client.query('COMMIT')
      isOpen = false
    })
    if (isOpen) await client.query('ROLLBACK')
    isOpen = false
    return result
  } finally {
    // A connection in the middle of a transaction is closed, which undoes it.
    client.release(isOpen)
  }
}

const int8 = 20
const timestamptz = 1184

/**
 * How values come back: sequences and other bigints fit a double, and times are RFC 3339 with milliseconds, as on the
 * wire. `json` columns are parsed; a query that needs the caller's own text asks for `column::text`.
 */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === int8) return Number
    if (oid === timestamptz) return (text: string) => new Date(text).toISOString()
    return pg.types.getTypeParser(oid, format as 'text')
  }) as typeof pg.types.getTypeParser, // the overloads of pg's own type cannot be met by one function
}

export interface DatabaseOptions {
  connectionString: string
  /** Seen in pg_stat_activity, so that an operator knows which connection does what. */
  applicationName: string
  connectionsMax?: number
  statementTimeoutMs?: number
  lockTimeoutMs?: number
}

/** For how long after its timeout the server may say nothing of a statement: then its connection is taken for dead. */
const silenceMs = 2_000

export function clientConfig(options: DatabaseOptions): pg.ClientConfig {
  return {
    connectionString: options.connectionString,
    application_name: options.applicationName,
    types,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    ...(options.statementTimeoutMs && { statement_timeout: options.statementTimeoutMs, query_timeout: options.statementTimeoutMs + silenceMs }),
    ...(options.lockTimeoutMs && { lock_timeout: options.lockTimeoutMs }),
  }
}

export function createPool(options: DatabaseOptions): pg.Pool {
  const pool = new pg.Pool({ ...clientConfig(options), max: options.connectionsMax ?? 8, idleTimeoutMillis: 60_000 })
  // An idle connection that breaks is replaced by the next query; without a listener it would end the process.
  pool.on('error', () => {})
  return pool
}

export async function connectClient(options: DatabaseOptions): Promise<pg.Client> {
  const client = new pg.Client(clientConfig(options))
  await client.connect()
  return client
}

/** What pg says, without a code, when a connection or the wait for one came to nothing. */
const connectionMessages = [
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
  'Query read timeout',
  'timeout expired',
  'timeout exceeded when trying to connect',
]

/**
 * True for errors that say nothing of the statement: the connection is gone, the server is going or coming, or it has
 * run out of connections, memory or disk.
 */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = (error as { code?: unknown }).code // pg and node both put a code on their errors
  if (typeof code !== 'string') return connectionMessages.includes(error.message)
  return code.startsWith('08') || code.startsWith('57P') || serverIsFull.has(code) || socketErrors.has(code)
}

/** True for a row that refers to one that is gone, by this foreign key. */
export function breaksReference(error: unknown, constraint: string): boolean {
  const { code, constraint: broken } = (error ?? {}) as { code?: unknown; constraint?: unknown } // errors of pg carry both
  return code === '23503' && broken === constraint
}

/** The disk, and the connections. Memory is another matter: it is the statement that may have used it up. */
const serverIsFull: ReadonlySet<string> = new Set(['53100', '53300'])

const socketErrors: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'])
