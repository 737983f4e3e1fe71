import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Proxy {
  url: string
  /** How many requests were made so far. */
  readonly requests: number
  /** Breaks all connections. */
  cut(): void
  /** From now on connections are broken after so many bytes of the server's; null ends it. */
  cutEvery(bytes: number | null): void
  /** The next request reaches the server, and its reply nobody. */
  loseReply(): void
  /** Connections that are there now say nothing any more, and do not end. */
  silence(): void
  /** The next so many requests are answered with this, and reach nobody. */
  answer(times: number, response: string): void
  stop(): Promise<void>
}

/** Stands between a client and a server, as a network that does what networks do. */
export async function startProxy(port: number): Promise<Proxy> {
  const sockets = new Set<Socket>()
  let requests = 0
  let bytesMax: number | null = null
  let isReplyToLose = false
  let answers: { times: number; response: string } | null = null
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    let bytes = 0
    client.on('data', (data) => {
      if (/^(GET|POST) /.test(data.toString('latin1', 0, 5))) requests += 1
      if (!answers || answers.times === 0) return upstream.write(data)
      answers.times -= 1
      client.end(answers.response)
    })
    upstream.on('data', (data) => {
      if (isReplyToLose) {
        isReplyToLose = false
        return client.destroy()
      }
      bytes += data.length
      const rest = bytesMax === null ? data.length : data.length - Math.max(bytes - bytesMax, 0)
      // Cut in the middle of what came, as likely as not in the middle of an event.
      client.write(data.subarray(0, Math.max(rest, 0)), () => rest < data.length && client.destroy())
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
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on TCP
    get requests() {
      return requests
    },
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    cutEvery(bytes) {
      bytesMax = bytes
    },
    loseReply() {
      isReplyToLose = true
    },
    silence() {
      for (const socket of sockets) socket.pause()
    },
    answer(times, response) {
      answers = { times, response }
    },
    async stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
