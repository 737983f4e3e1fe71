import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

interface RawRequest {
  http: string
  headers: IncomingHttpHeaders
  /** Of the message that was posted; for what is no request, without an id. */
  id: number | undefined
  method: string | undefined
  response: ServerResponse
  /** Answers this request, and properly. */
  answer(result: object): void
  /** Begins an event stream. */
  stream(): void
  /** Sends a message on the stream that was begun. */
  event(message: object, id?: string): void
}

type Answers = Record<string, (request: RawRequest) => void>

export interface RawServer {
  place: string
  url: string
  requests: RawRequest[]
  count(method: string): number
}

const tool = { name: 'act', inputSchema: { type: 'object' } }

const wellBehaved: Answers = {
  initialize: ({ answer }) => answer({ protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'raw', version: '1' } }),
  'notifications/initialized': ({ response }) => response.writeHead(202).end(),
  'notifications/cancelled': ({ response }) => response.writeHead(202).end(),
  'tools/list': ({ answer }) => answer({ tools: [tool] }),
  'tools/call': ({ answer }) => answer({ content: [{ type: 'text', text: 'done' }] }),
  GET: ({ response }) => response.writeHead(405).end(),
  DELETE: ({ response }) => response.writeHead(200).end(),
}

/** A server that does what it likes: by method of the protocol, or of HTTP. */
export async function startRawServer(changes: Answers = {}): Promise<RawServer> {
  const answers = { ...wellBehaved, ...changes }
  const requests: RawRequest[] = []
  const server = createServer(async (incoming, response) => {
    const body = await text(incoming).catch(() => '')
    response.on('error', () => {})
    const { id, method } = body === '' ? {} : (JSON.parse(body) as { id?: number; method?: string })
    const request: RawRequest = {
      http: incoming.method ?? '',
      headers: incoming.headers,
      id,
      method,
      response,
      answer: (result) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result })),
      stream: () => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(),
      event: (message, eventId) => response.write(`${eventId === undefined ? '' : `id: ${eventId}\n`}data: ${JSON.stringify(message)}\n\n`),
    }
    requests.push(request)
    answers[method ?? request.http]?.(request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  })
  const place = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { place, url: `http://${place}/mcp`, requests, count: (method) => requests.filter((request) => (request.method ?? request.http) === method).length }
}
