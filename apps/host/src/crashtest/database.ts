import { randomBytes } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import type { NetConnectOpts } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connectClient } from '@reprise/store'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@reprise/store/embedded'
import { StartError } from '../start-error.ts'

/** A database that is there for the test alone. */
export interface TestDatabase {
  description: string
  /** Straight to the server, for what must not be cut. */
  connectionString: string
  /** Where the proxy finds the server. */
  address: NetConnectOpts
  /** The same database by another port of this machine. */
  connectionStringBy(port: number): string
  /** `crash`: without a goodbye, so that it recovers from its log; `restart`: as an operator does it. Null where the server is not ours. */
  restart: ((how: DatabaseRestart) => Promise<void>) | null
  /** Leaves nothing behind. */
  remove(): Promise<void>
}

export type DatabaseRestart = 'crash' | 'restart'

/** A database of its own on the server that DATABASE_URL names, beside the user's; or a PostgreSQL of its own, in the folder. */
export async function openTestDatabase(databaseUrl: string | null, folder: string): Promise<TestDatabase> {
  return databaseUrl === null ? await startOwnServer(join(folder, 'postgres')) : await createOnServer(databaseUrl)
}

async function startOwnServer(dataDir: string): Promise<TestDatabase> {
  const options = { dataDir, log: () => {} }
  let server: EmbeddedPostgres = await startEmbeddedPostgres(options)
  const { connectionString } = server
  const { address, connectionStringTo } = await describeServer(connectionString)
  return {
    description: 'a PostgreSQL of its own, which is thrown away',
    connectionString,
    address,
    connectionStringBy: (port) => connectionStringTo('postgres', port),
    async restart(how) {
      if (how === 'restart') await server.stop()
      else await crash(dataDir)
      server = await startEmbeddedPostgres(options)
    },
    async remove() {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** PostgreSQL's "immediate" shutdown: it ends without writing anything more, as if it had been killed. */
async function crash(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid')
  const pid = Number((await readFile(pidFile, 'utf8')).split('\n')[0])
  process.kill(pid, 'SIGQUIT')
  while (isAlive(pid)) await pause(10)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function createOnServer(serverUrl: string): Promise<TestDatabase> {
  const name = `reprise_crashtest_${randomBytes(4).toString('hex')}`
  const { address, connectionStringTo } = await describeServer(serverUrl)
  await administer(serverUrl, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return {
    description: `the database ${name}, which is dropped in the end, on the server that DATABASE_URL names`,
    connectionString: url.href,
    address,
    connectionStringBy: (port) => connectionStringTo(name, port),
    restart: null,
    remove: () => administer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  }
}

async function administer(serverUrl: string, statement: string): Promise<void> {
  await onServer(serverUrl, (client) => client.query(statement))
}

interface ServerDescription {
  address: NetConnectOpts
  connectionStringTo(database: string, port: number): string
}

/** As the driver understands it, whatever the URL, the environment and the defaults say each. */
async function describeServer(serverUrl: string): Promise<ServerDescription> {
  const { host, port, user = '', password, ssl } = await onServer(serverUrl, async (client) => client)
  if (ssl) throw new StartError('The crash test cuts connections at the end of a reply, which it cannot see through TLS. Give it a DATABASE_URL with sslmode=disable.')
  const login = `${encodeURIComponent(user)}${password ? `:${encodeURIComponent(password)}` : ''}`
  return {
    address: host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port },
    connectionStringTo: (database, proxyPort) => `postgresql://${login}@127.0.0.1:${proxyPort}/${encodeURIComponent(database)}?sslmode=disable`,
  }
}

async function onServer<T>(connectionString: string, use: (client: Client) => Promise<T>): Promise<T> {
  try {
    const client = await connectClient({ connectionString, applicationName: 'reprise crashtest' })
    return await use(client).finally(() => client.end())
  } catch (cause) {
    throw new StartError(`The crash test needs a PostgreSQL, and a database of its own there: ${(cause as Error).message}. Let the user of DATABASE_URL create databases, or unset it.`, { cause }) // pg throws errors only
  }
}

type Client = Awaited<ReturnType<typeof connectClient>>
