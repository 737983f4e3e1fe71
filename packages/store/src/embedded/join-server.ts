// Who may stop the server is decided by two advisory locks in the server itself, because it forgets a killed process at once:
// E1. Every process that uses the server holds the presence lock shared, on a connection of its own, until it leaves.
// E2. Only who holds the presence lock exclusively may stop the server, so it never stops under a process that uses it; and who finds
//     it held exclusively does not attach, so nobody attaches to a server that is about to stop.
// E3. Whoever joins while no one else is present owns the server: its starter, or the first after all others were killed.

import pg from 'pg'

/** One advisory lock of the two-key kind: "RPRS", and 1 for presence. */
const presenceLock = [0x52505253, 1]

export interface Presence {
  owned: boolean
  /** Gives up the presence. True when nobody else is present: the server may be stopped, and no one can attach meanwhile. */
  leave(): Promise<boolean>
  close(): Promise<void>
}

/** Joins a running server; null when it does not answer, or is about to be stopped by the last who leaves it. */
export async function joinServer(connectionString: string): Promise<Presence | null> {
  const client = await connect(connectionString)
  if (!client) return null
  try {
    const owned = await call(client, 'pg_try_advisory_lock')
    if (await call(client, 'pg_try_advisory_lock_shared')) {
      if (owned) await call(client, 'pg_advisory_unlock')
      return makePresence(client, connectionString, owned)
    }
  } catch {
    // The server went down between two statements: the caller looks again.
  }
  await close(client)
  return null
}

/** Both are methods of every client; its published types leave them out. */
type CountedClient = pg.Client & { ref(): void; unref(): void }

function makePresence(firstClient: CountedClient, connectionString: string, owned: boolean): Presence {
  let client: pg.Client | null = firstClient
  firstClient.unref() // being present is no reason to keep the process alive
  return {
    owned,
    async leave() {
      firstClient.ref()
      try {
        await call(firstClient, 'pg_advisory_unlock_shared')
        // Asked only after giving up our share, or two who leave at once would each take the other for one who stays.
        return await call(firstClient, 'pg_try_advisory_lock')
      } catch {
        // The connection was cut, and the lock with it. A server that still answers is asked on a new one.
        await close(firstClient)
        client = await connect(connectionString)
        return client ? await call(client, 'pg_try_advisory_lock') : false
      }
    },
    async close() {
      if (client) await close(client)
    },
  }
}

type LockFunction = 'pg_try_advisory_lock' | 'pg_try_advisory_lock_shared' | 'pg_advisory_unlock' | 'pg_advisory_unlock_shared'

async function call(client: pg.Client, lockFunction: LockFunction): Promise<boolean> {
  const { rows } = await client.query<{ done: boolean }>(`/* joinServer */ SELECT ${lockFunction}($1::integer, $2::integer) AS done`, presenceLock)
  return rows[0]!.done
}

async function connect(connectionString: string): Promise<CountedClient | null> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000, application_name: 'reprise presence' }) as CountedClient // see there
  client.on('error', () => {}) // a cut connection is noticed by the next statement
  try {
    await client.connect()
    return client
  } catch {
    await close(client)
    return null
  }
}

async function close(client: pg.Client): Promise<void> {
  await client.end().catch(() => {})
}
