import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server on loopback that somebody else runs. */
export interface Place {
  url: string
  /** As the operator allows it. */
  address: string
  requests: IncomingMessage[]
  /** Resolves once it has been called. */
  reached(): Promise<void>
  close(): Promise<void>
}

export async function startPlace(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Place> {
  const requests: IncomingMessage[] = []
  const first = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    requests.push(request)
    first.resolve()
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}` // a TCP server, listening
  return {
    url: `http://${address}`,
    address,
    requests,
    reached: () => first.promise,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
