import type { AddressInfo } from 'node:net'
import { isIPv6 } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Config } from './config.ts'
import { StartError } from './start-error.ts'

/** Opens the door, and gives the address by which this machine reaches it. */
export async function listen(server: FastifyInstance, { host, port }: Pick<Config, 'host' | 'port'>): Promise<string> {
  try {
    await server.listen({ host, port, listenTextResolver: (address) => `listening on ${address}` })
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, host, port) // `as`: listening fails with errors of the system
  }
  const { port: boundPort } = server.server.address() as AddressInfo // `as`: a string only for a unix socket
  return localUrl(host, boundPort)
}

/** A server that listens on every address is reached by the loopback one. */
export function localUrl(host: string, port: number): string {
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new StartError(`Port ${port} on ${host} is in use, perhaps by another "pnpm start". Stop that one, or choose another: PORT=${port + 1} pnpm start`)
    case 'EACCES':
      return new StartError(`This user may not listen on port ${port}. Choose one from 1024 up: PORT=9000 pnpm start`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new StartError(`HOST is ${host}, which is no address of this machine. Try 127.0.0.1, or 0.0.0.0 for all of them (with REPRISE_API_KEY).`)
    default:
      return error
  }
}
