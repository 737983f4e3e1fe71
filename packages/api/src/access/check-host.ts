import { AppError } from '@reprise/contract'

/** The host name alone, `[::1]` with its brackets; the port says nothing about who is asking. */
const hostName = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d+)?$/i

/**
 * Accepts loopback names only. A web page can point a name of its own at 127.0.0.1 and then is same-origin with this
 * server in the browser's eyes (DNS rebinding); its name in `Host` gives it away.
 */
export function checkHost(host: string | undefined): void {
  const name = hostName.exec(host ?? '')?.[1]?.toLowerCase()
  if (name === undefined || !isLoopbackName(name)) {
    throw new AppError('foreign_host', { message: 'Until there is an API key, this server answers only to localhost, 127.0.0.1 and [::1]' })
  }
}

function isLoopbackName(name: string): boolean {
  // RFC 6761: localhost and every name below it are loopback.
  return name === 'localhost' || name === '127.0.0.1' || name === '[::1]' || name.endsWith('.localhost')
}
