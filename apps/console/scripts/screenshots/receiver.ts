import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Receiver {
  url: string
  /** As the operator would allow it. */
  place: string
  close(): Promise<void>
}

/** Somebody else's system, which takes whatever it is told. */
export async function startReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => void request.resume().on('end', () => response.writeHead(204).end()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const place = `127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on a port
  return {
    url: `http://${place}/hooks/reprise`,
    place,
    async close() {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}
