import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Answer } from './answer.ts'
import { writeEvent, type StreamEvent } from './sse.ts'

/** A local server that speaks a vendor's streaming protocol: it answers what is queued, and echoes when nothing is. */
export interface ProtocolServer<Body> {
  /** For `base_url`. */
  url: string
  /** As the operator would allow it: `host:port`. */
  place: string
  /** Everything that was asked, refused or not. */
  requests: ReceivedRequest<Body>[]
  /** What the server has sent as a stream, for each request that got one. */
  sent: string[]
  /** How many bytes of answers the sockets have taken. */
  readonly bytesWritten: number
  /** How many connections were ever made. */
  readonly connections: number
  /** How many answers were given up because the other side went away. */
  readonly abandoned: number
  /** To be given in this order, one for each request that is not refused. */
  queue(...answers: Answer[]): void
  close(): Promise<void>
}

export interface ReceivedRequest<Body> {
  method: string
  path: string
  headers: IncomingHttpHeaders
  raw: Buffer
  body: Body
}

export interface Refusal {
  status: number
  body: unknown
}

/** What a server says to the requests of one path. */
export interface Dialect<Body> {
  /** What the real server refuses, with its status and words. */
  refuse(request: ReceivedRequest<Body>): Refusal | null
  echo(body: Body): Answer
  /** The events of a whole answer. */
  write(answer: Answer, body: Body): StreamEvent[]
  errorEvent(type: string, message: string): StreamEvent
  errorBody(status: number): unknown
}

export async function startProtocolServer<Body>(dialects: Record<string, Dialect<Body>>, port: number): Promise<ProtocolServer<Body>> {
  const queued: Answer[] = []
  const requests: ReceivedRequest<Body>[] = []
  const sent: string[] = []
  const stats = { connections: 0, abandoned: 0, bytesWritten: 0 }

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const raw = Buffer.concat(chunks)
    const path = incoming.url ?? ''
    const dialect = dialects[path]
    if (!dialect) return sendJson(response, 404, { error: { type: 'not_found_error', message: 'Not Found' } })
    const body = JSON.parse(raw.toString()) as Body // as the dialect then checks it
    const request = { method: incoming.method ?? '', path, headers: incoming.headers, raw, body }
    requests.push(request)
    const refusal = dialect.refuse(request)
    if (refusal) return sendJson(response, refusal.status, refusal.body)
    const answer = queued.shift() ?? dialect.echo(request.body)
    await give(answer, dialect, request, response)
  }

  async function give(answer: Answer, dialect: Dialect<Body>, { body }: ReceivedRequest<Body>, response: ServerResponse): Promise<void> {
    const { fault, pace = 0 } = answer
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'status') {
      const { status, headers = {} } = fault
      if (fault.body === undefined) return sendJson(response, status, dialect.errorBody(status), headers)
      response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(fault.body)
      return
    }
    const events = dialect.write(answer, body)
    if (fault?.kind === 'malformed') events.splice(fault.afterEvents, 0, { data: '{"type":"nonsense' })
    if (fault?.kind === 'error_event') events.splice(fault.afterEvents, Infinity, dialect.errorEvent(fault.type, fault.message))
    const index = sent.push('') - 1
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
    response.flushHeaders()
    let bytesLeft = fault && 'afterBytes' in fault ? fault.afterBytes : Infinity
    for (const event of events) {
      if (response.destroyed) {
        stats.abandoned += 1
        return
      }
      const bytes = Buffer.from(writeEvent(event)).subarray(0, bytesLeft)
      bytesLeft -= bytes.length
      sent[index] += bytes.toString()
      stats.bytesWritten += bytes.length
      if (!response.write(bytes)) await drained(response)
      if (bytesLeft <= 0) break
      if (pace > 0 && event.isDelta) await delay(1000 / pace)
    }
    if (fault?.kind === 'stall') return
    if (fault?.kind === 'reset') return void response.socket?.resetAndDestroy()
    response.end()
  }

  const server = createServer((incoming, response) => {
    response.on('error', () => {})
    handle(incoming, response).catch(() => response.destroy())
  })
  server.keepAliveTimeout = 60_000
  server.on('connection', (socket) => {
    stats.connections += 1
    socket.on('error', () => {})
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const place = `127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on a port
  return {
    url: `http://${place}/v1`,
    place,
    requests,
    sent,
    get bytesWritten() {
      return stats.bytesWritten
    },
    get connections() {
      return stats.connections
    },
    get abandoned() {
      return stats.abandoned
    },
    queue: (...answers) => void queued.push(...answers),
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Until what was written has gone, or nobody wants it any more. */
async function drained(response: ServerResponse): Promise<void> {
  const over = new AbortController()
  const options = { signal: over.signal }
  await Promise.race([once(response, 'drain', options), once(response, 'close', options)]).catch(() => {})
  over.abort()
}

function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
