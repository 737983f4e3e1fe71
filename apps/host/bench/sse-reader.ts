import { once } from 'node:events'
import { connect } from 'node:net'

export interface SseReader {
  /** Of the body, chunk marks included. */
  readonly bytes: number
  /** When a frame of this type came first, by `performance.now()`. */
  first(type: string): Promise<number>
  close(): void
}

/** The cheapest reader of a stream there can be: it looks for the types it is asked for, and parses nothing. */
export async function readSse(address: string, path: string): Promise<SseReader> {
  const { hostname, port } = new URL(address)
  const socket = connect(Number(port), hostname)
  socket.setNoDelay(true)
  const awaited = new Map<string, (at: number) => void>()
  let bytes = 0
  let tail = ''
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (awaited.size === 0) return
    tail += chunk.toString('latin1')
    for (const [line, resolve] of awaited) {
      if (!tail.includes(line)) continue
      awaited.delete(line)
      resolve(performance.now())
    }
    // What was found once is not to be found again.
    tail = awaited.size === 0 ? '' : tail.slice(-200)
  })
  const first = (type: string) => new Promise<number>((resolve) => awaited.set(`event: ${type}\n`, resolve))
  const connected = first('connected')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
  await once(socket, 'connect')
  await connected
  return {
    get bytes() {
      return bytes
    },
    first,
    close: () => void socket.destroy(),
  }
}
