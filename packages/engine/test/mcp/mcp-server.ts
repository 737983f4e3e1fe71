import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

export interface McpTestServer {
  /** As the operator would allow it. */
  place: string
  url: string
  /** Headers and method of every request. */
  requests: { method: string; headers: IncomingMessage['headers'] }[]
  /** The sessions that the server knows. */
  sessions: Map<string, McpServer>
  /** Forgets every session, as a restart does. */
  forget(): void
  close(): Promise<void>
}

/** A server made with the official SDK, on loopback. `offer` gives each of its sessions its tools. */
export async function startMcpServer(offer: (server: McpServer) => void, { isStateless = false } = {}): Promise<McpTestServer> {
  const transports = new Map<string, StreamableHTTPServerTransport>()
  const sessions = new Map<string, McpServer>()
  const requests: McpTestServer['requests'] = []

  async function open(): Promise<StreamableHTTPServerTransport> {
    const server = new McpServer({ name: 'test', version: '1' }, { capabilities: { tools: { listChanged: true }, logging: {} } })
    offer(server)
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: isStateless ? undefined : randomUUID,
      onsessioninitialized: (id) => {
        transports.set(id, transport)
        sessions.set(id, server)
      },
      onsessionclosed: (id) => {
        transports.delete(id)
        sessions.delete(id)
      },
    })
    await server.connect(transport as Parameters<McpServer['connect']>[0]) // their own optional fields differ in exactness
    return transport
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    requests.push({ method: request.method ?? '', headers: request.headers })
    const body = request.method === 'POST' ? await json(request) : undefined
    const id = request.headers['mcp-session-id']
    const known = typeof id === 'string' ? transports.get(id) : undefined
    if (!known && id !== undefined) return void response.writeHead(404).end()
    if (isStateless && request.method !== 'POST') return void response.writeHead(405).end()
    await (known ?? (await open())).handleRequest(request, response, body)
  }

  const http = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const place = `127.0.0.1:${(http.address() as AddressInfo).port}`
  return {
    place,
    url: `http://${place}/mcp`,
    requests,
    sessions,
    forget() {
      transports.clear()
      sessions.clear()
    },
    async close() {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()))
      http.closeAllConnections()
      await closed
    },
  }
}
