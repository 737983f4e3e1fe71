import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { createServer as createSocketServer, type Socket, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { createEgress, type Egress, type EgressOptions } from '../../src/egress/egress.ts'

export interface Received {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
}

export interface Loopback {
  /** As the operator would allow it. */
  place: string
  url: string
  port: number
  received: Received[]
  /** Every connection that was ever made, also without a request. */
  sockets: Socket[]
}

export interface Answering extends Received {
  /** From 1. */
  count: number
  response: ServerResponse
}

/** A server that reads every request to its end, then answers. */
export async function startLoopback(answer: (request: Answering) => void = ({ response }) => response.end()): Promise<Loopback> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    request.on('error', () => {})
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method = '', url: path = '', headers } = request
    const record = { method, path, headers, body: Buffer.concat(chunks).toString() }
    received.push(record)
    answer({ ...record, count: received.length, response })
  })
  return { received, ...(await listen(server)) }
}

/** A server of which only the sockets are of interest. */
export async function startSockets(onSocket: (socket: Socket) => void): Promise<Omit<Loopback, 'received'>> {
  return await listen(createSocketServer(onSocket))
}

async function listen(server: Server): Promise<Omit<Loopback, 'received'>> {
  const sockets: Socket[] = []
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => {})
    sockets.push(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  })
  const { port } = server.address() as AddressInfo // it listens on a port
  return { place: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}`, port, sockets }
}

/** A port that nobody listens on. */
export async function findClosedPort(): Promise<number> {
  const server = createSocketServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on a port
  server.close()
  await once(server, 'close')
  return port
}

export function openEgress(options: Partial<EgressOptions> = {}): Egress {
  const egress = createEgress({ allow: [], ...options })
  onTestFinished(() => egress.stop())
  return egress
}

/** Every address that this process tries to connect to from now on. */
export function watchAttempts(): string[] {
  const attempts: string[] = []
  const watch = (message: unknown) => {
    const { socket } = message as { socket: Socket } // as Node documents the channel
    socket.on('connectionAttempt', (address: string) => attempts.push(address))
  }
  subscribe('net.client.socket', watch)
  onTestFinished(() => void unsubscribe('net.client.socket', watch))
  return attempts
}

/** The bounds of a request that is to meet none of them. */
export function generously(changes: { signal?: AbortSignal } = {}) {
  return { signal: new AbortController().signal, timeoutMs: 15_000, responseBytesMax: 1_000_000, ...changes }
}

/** What a promise fails with. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  )
}
