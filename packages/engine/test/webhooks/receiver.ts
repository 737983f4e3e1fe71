import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect } from 'vitest'

export interface Received {
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** Somebody else's server that is told of events. */
export interface Receiver {
  url: string
  /** As the operator allows it. */
  address: string
  received: Received[]
  /** How the next calls are answered, one after the other; after them, 200. */
  answers: ((response: ServerResponse) => void)[]
  /** Resolves once there are so many. */
  until(count: number): Promise<Received[]>
  close(): Promise<void>
}

export const answerWith = (status: number, headers: Record<string, string> = {}, body = 'as told') => (response: ServerResponse) => void response.writeHead(status, headers).end(body)
export const cutConnection = (response: ServerResponse) => void response.destroy()
/** Never answers. */
export const hang = () => {}

/** Longer than the job queue takes to look for what was put off. */
const patience = { timeout: 20_000, interval: 20 }

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const answers: Receiver['answers'] = []
  const server = createServer(async (request, response) => {
    const body = await text(request).catch(() => '')
    received.push({ path: request.url ?? '', headers: request.headers, body })
    const answer = answers.shift() ?? answerWith(200)
    answer(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}` // a TCP server, listening
  return {
    url: `http://${address}/hook`,
    address,
    received,
    answers,
    async until(count) {
      await expect.poll(() => received.length, patience).toBeGreaterThanOrEqual(count)
      return received
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
