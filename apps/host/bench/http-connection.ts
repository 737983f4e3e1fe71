import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface HttpAnswer {
  status: number
  /** Empty for an answer of megabytes: nobody reads those, and decoding them would hold up the other clients. */
  body: string
}

const readableBytesMax = 1024 * 1024

/**
 * One kept-alive HTTP/1.1 connection, one request at a time. The load comes from the same two cores as the server's
 * work, so the client must be as cheap as a client can be; it reads only answers that declare their length.
 */
export class HttpConnection {
  readonly #socket: Socket
  readonly #authorization: string
  #chunks: Buffer[] = []
  #received = 0
  #expected: Head | null = null
  #waiting: { resolve(answer: HttpAnswer): void; reject(error: Error): void } | null = null

  private constructor(socket: Socket, apiKey: string | null) {
    this.#socket = socket
    this.#authorization = apiKey === null ? '' : `Authorization: ${apiKey}\r\n`
    socket.setNoDelay(true)
    socket.on('data', (bytes: Buffer) => this.#take(bytes))
    const fail = () => this.#waiting?.reject(new Error('the connection closed before the answer'))
    socket.on('error', fail)
    socket.on('close', fail)
  }

  static async open(address: string, apiKey: string | null = null): Promise<HttpConnection> {
    const { hostname, port } = new URL(address)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    return new HttpConnection(socket, apiKey)
  }

  request(method: string, path: string, body: string | Buffer = ''): Promise<HttpAnswer> {
    const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${this.#authorization}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`
    if (typeof body === 'string') this.#socket.write(head + body)
    else {
      this.#socket.write(head)
      this.#socket.write(body)
    }
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }))
  }

  close(): void {
    this.#waiting = null
    this.#socket.destroy()
  }

  #take(bytes: Buffer): void {
    this.#chunks.push(bytes)
    this.#received += bytes.length
    // Joined once the answer is whole: joining at every chunk would make a large answer quadratic.
    this.#expected ??= readHead(Buffer.concat(this.#chunks))
    if (this.#expected === null || this.#received < this.#expected.end) return
    const { status, bodyStart } = this.#expected
    const body = this.#received > readableBytesMax ? '' : Buffer.concat(this.#chunks).toString('utf8', bodyStart)
    this.#chunks = []
    this.#received = 0
    this.#expected = null
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.resolve({ status, body })
  }
}

interface Head {
  status: number
  bodyStart: number
  end: number
}

function readHead(received: Buffer): Head | null {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return null
  const head = received.toString('latin1', 0, headEnd)
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1])
  return { status: Number(head.slice(9, 12)), bodyStart: headEnd + 4, end: headEnd + 4 + length }
}
