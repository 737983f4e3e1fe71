import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { PassThrough } from 'node:stream'

export type PoolMode = 'session' | 'transaction' | 'statement'

export interface Pooler {
  connectionString: string
  stop(): Promise<void>
}

/**
 * The least that behaves like pgbouncer: it logs clients in by itself and lends them a server connection for a session, a transaction
 * or a statement, the one that was given back last first. It knows simple queries only, and a server that asks for no password.
 */
export async function startPooler(serverUrl: string, mode: PoolMode): Promise<Pooler> {
  const idle: Backend[] = []
  const sockets = new Set<Socket>()
  const listener = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    void serve(socket).catch(() => socket.destroy())
  })
  async function serve(socket: Socket): Promise<void> {
    const messages = readMessages(socket)
    await messages.next() // the startup message: whoever it is may come in
    socket.write(Buffer.concat([frame('R', Buffer.alloc(4)), frame('Z', Buffer.from('I'))]))
    let lent: Backend | undefined
    for await (const message of messages) {
      if (message[0] === 'X'.charCodeAt(0)) break
      if (mode === 'statement' && message.toString().includes('BEGIN')) {
        socket.write(frame('E', Buffer.from('SERROR\0C08P01\0Mtransaction blocks not allowed in statement pooling mode\0\0')))
        socket.write(frame('Z', Buffer.from('I')))
        continue
      }
      lent ??= idle.pop() ?? (await openBackend(serverUrl))
      sockets.add(lent.socket)
      lent.socket.write(message)
      const status = await copyAnswer(lent, socket)
      if (mode === 'session' || status !== 'I') continue
      idle.push(lent)
      lent = undefined
    }
    socket.end()
  }
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo // a TCP listener has no other kind
  return {
    connectionString: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      for (const socket of sockets) socket.destroy()
      listener.close()
      await once(listener, 'close')
    },
  }
}

interface Backend {
  socket: Socket
  messages: AsyncGenerator<Buffer, void>
}

async function openBackend(serverUrl: string): Promise<Backend> {
  const url = new URL(serverUrl)
  const folder = url.searchParams.get('host')
  const socket = folder ? connect(`${folder}/.s.PGSQL.${url.port}`) : connect(Number(url.port), url.hostname)
  socket.on('error', () => {})
  const startup = Buffer.from(`\0\0\0\0\0\x03\0\0user\0${url.username}\0database\0${url.pathname.slice(1)}\0\0`)
  startup.writeInt32BE(startup.length)
  socket.write(startup)
  // Answers are like messages of a client after its startup: a letter, a length, a body.
  const backend = { socket, messages: readMessages(socket, true) }
  await copyAnswer(backend, new PassThrough().resume())
  return backend
}

/** Passes on what the server says until it is ready for the next statement, and gives its transaction status. */
async function copyAnswer({ messages }: Backend, to: NodeJS.WritableStream): Promise<string> {
  for (;;) {
    const { value, done } = await messages.next()
    if (done) throw new Error('the server went away')
    to.write(value)
    if (value[0] === 'Z'.charCodeAt(0)) return String.fromCharCode(value[5]!)
  }
}

async function* readMessages(socket: Socket, isStarted = false): AsyncGenerator<Buffer, void> {
  let buffer: Buffer = Buffer.alloc(0)
  for await (const chunk of socket) {
    buffer = Buffer.concat([buffer, chunk as Buffer]) // the socket has no encoding set
    for (;;) {
      const kindBytes = isStarted ? 1 : 0
      if (buffer.length < kindBytes + 4) break
      const length = kindBytes + buffer.readInt32BE(kindBytes)
      if (buffer.length < length) break
      isStarted = true
      yield buffer.subarray(0, length)
      buffer = buffer.subarray(length)
    }
  }
}

function frame(kind: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(kind)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}
