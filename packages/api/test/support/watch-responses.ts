import type { IncomingMessage, OutgoingHttpHeaders, Server, ServerResponse } from 'node:http'
import type { SeenResponse } from './check-response.ts'

/**
 * Tells of every response of a server as it goes out, whoever wrote it: before its last byte, or when its connection is cut.
 * Of a stream of events each write is told by itself, so that nothing of it is kept.
 */
export function watchResponses(server: Server, onResponse: (seen: SeenResponse) => void): void {
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    let headers: OutgoingHttpHeaders = {}
    let isTold = false
    const { write, end, writeHead } = response
    const take = (chunk: unknown): void => {
      if (typeof chunk === 'string') chunks.push(Buffer.from(chunk))
      else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk))
    }
    const isStream = (): boolean => /event-stream/.test(String(headers['content-type'] ?? response.getHeader('content-type')))
    const tell = (isWhole: boolean): void => {
      if (isTold) return
      isTold = isWhole || !isStream()
      const sent = Object.entries({ ...response.getHeaders(), ...headers }).map(([name, value]) => [name.toLowerCase(), String(value)] as const)
      const hasBody = request.method !== 'HEAD'
      const body = hasBody ? Buffer.concat(chunks.splice(0)) : Buffer.alloc(0)
      onResponse({
        method: request.method ?? '',
        url: request.url ?? '',
        status: response.statusCode,
        headers: Object.fromEntries(sent),
        body,
        isWhole,
      })
    }
    // The three are overloaded: what they are called with is handed on as it is.
    response.writeHead = ((...given: unknown[]) => {
      const last = given.at(-1)
      if (typeof last === 'object' && last !== null) headers = last as OutgoingHttpHeaders
      return Reflect.apply(writeHead, response, given)
    }) as typeof writeHead
    response.write = ((...given: unknown[]) => {
      take(given[0])
      if (isStream()) tell(false)
      return Reflect.apply(write, response, given)
    }) as typeof write
    response.end = ((...given: unknown[]) => {
      take(given[0])
      tell(true)
      return Reflect.apply(end, response, given)
    }) as typeof end
    response.on('close', () => {
      if (response.headersSent) tell(false)
    })
  })
}
