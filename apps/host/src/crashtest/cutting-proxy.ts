/**
 * Stands between the server processes and PostgreSQL, and breaks connections at the moments that matter.
 *
 * C1  A `reply` cut comes after PostgreSQL has committed and before the process hears of it: the whole answer, up to
 *     ReadyForQuery outside of a transaction, is held back.
 * C2  A `request` cut comes after the statement has gone out: PostgreSQL goes on with it, nobody knows.
 * C3  A connection that one side leaves is left by the other: PostgreSQL learns at once that a process was killed.
 */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type NetConnectOpts, type Socket } from 'node:net'

export type CutKind = 'reply' | 'request' | 'all'

export interface CuttingProxy {
  port: number
  /** Resolves true when it has happened, and false when nothing was there to cut for so long. */
  cut(kind: CutKind, patienceMs: number): Promise<boolean>
  stop(): Promise<void>
}

/** What commits go through; the others only read, listen and heartbeat. */
const committingApplication = 'reprise journal'
/** ReadyForQuery, idle: the last that the server says to a statement outside of a transaction. */
const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5, 0x49])

interface Armed {
  kind: CutKind
  done(): void
}

export async function startCuttingProxy(upstream: NetConnectOpts): Promise<CuttingProxy> {
  const connections = new Set<Connection>()
  let armed: Armed | null = null
  const takeArmed = (kind: CutKind, connection: Connection) => {
    if (armed?.kind !== kind || !connection.commits) return null
    const taken = armed
    armed = null
    return taken
  }
  const server = createServer((client) => {
    const connection = new Connection(client, connect(upstream), takeArmed)
    connections.add(connection)
    client.once('close', () => connections.delete(connection))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  return {
    port,
    cut(kind, patienceMs) {
      if (kind === 'all') {
        const isAnyThere = connections.size > 0
        for (const connection of connections) connection.break()
        return Promise.resolve(isAnyThere)
      }
      return new Promise((resolve) => {
        const patience = setTimeout(() => {
          armed = null
          resolve(false)
        }, patienceMs)
        armed = {
          kind,
          done() {
            clearTimeout(patience)
            resolve(true)
          },
        }
      })
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      for (const connection of connections) connection.break()
      await closed
    },
  }
}

class Connection {
  /** The process's journal goes through here. */
  commits = false
  readonly #client: Socket
  readonly #upstream: Socket
  #isFirst = true
  /** A cut that waits for the end of the reply that is being held back. */
  #cutting: Armed | null = null

  constructor(client: Socket, upstream: Socket, takeArmed: (kind: CutKind, connection: Connection) => Armed | null) {
    this.#client = client
    this.#upstream = upstream
    client.setNoDelay(true)
    client.on('data', (bytes) => {
      // The start-up message names the application.
      if (this.#isFirst) this.commits = bytes.includes(committingApplication)
      const cut = this.#isFirst ? null : takeArmed('request', this)
      this.#isFirst = false
      upstream.write(bytes)
      if (!cut) return
      // What was written goes out first.
      setImmediate(() => {
        this.break()
        cut.done()
      })
    })
    upstream.on('data', (bytes) => {
      this.#cutting ??= takeArmed('reply', this)
      if (!this.#cutting) {
        client.write(bytes)
      } else if (bytes.subarray(-readyForQuery.length).equals(readyForQuery)) {
        this.break()
        this.#cutting.done()
      }
    })
    for (const socket of [client, upstream]) {
      socket.on('error', () => {})
      socket.on('close', () => this.break())
    }
  }

  break(): void {
    this.#client.destroy()
    this.#upstream.destroy()
  }
}
