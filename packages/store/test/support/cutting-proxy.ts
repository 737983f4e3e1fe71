import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import pg from 'pg'

export interface CuttingProxy {
  connectionString: string
  /**
   * Cuts the connection that speaks next. `reply`: the server has committed and answered, and the answer is lost.
   * `request`: the statement has reached the server, which goes on with it after the cut. `silence`: as `reply`, but
   * nothing more is heard of the connection, not even its end.
   */
  cutNext(when: 'reply' | 'request' | 'silence'): void
  /** How many cuts have happened. */
  readonly cuts: number
  stop(): Promise<void>
}

/** Stands between a client and PostgreSQL, and breaks connections at the moments that matter. */
export async function startCuttingProxy(connectionString: string): Promise<CuttingProxy> {
  const { host, port, user, password, database } = new pg.Client({ connectionString })
  const sockets = new Set<Socket>()
  let armed: 'reply' | 'request' | 'silence' | null = null
  let cuts = 0
  const server = createServer((client) => {
    const upstream = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host)
    let isSilent = false
    const cut = () => {
      armed = null
      cuts += 1
      client.destroy()
      upstream.destroy()
    }
    client.on('data', (bytes) => {
      upstream.write(bytes)
      if (armed === 'request') setImmediate(cut)
    })
    upstream.on('data', (bytes) => {
      if (armed === 'reply') cut()
      else if (armed === 'silence') {
        armed = null
        cuts += 1
        isSilent = true
      } else if (!isSilent) client.write(bytes)
    })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: proxyPort } = server.address() as AddressInfo // it listens on TCP
  const login = `${encodeURIComponent(user ?? '')}${password ? `:${encodeURIComponent(password)}` : ''}`
  return {
    connectionString: `postgresql://${login}@127.0.0.1:${proxyPort}/${database}`,
    cutNext(when) {
      armed = when
    },
    get cuts() {
      return cuts
    },
    async stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
