import { EgressRefused } from './egress-errors.ts'
import type { Outgoing } from './outgoing.ts'

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** What another origin may see. A list of what it may not would miss the next vendor's key header. */
const harmlessHeaders: ReadonlySet<string> = new Set(['accept', 'accept-language', 'user-agent'])
const bodyHeaders = ['content-type', 'content-length', 'content-encoding', 'content-language', 'content-location']

export function isRedirect(status: number): boolean {
  return redirectStatuses.has(status)
}

/** The request that a redirect asks for. A body goes to no other origin: it may hold what only this one was told. */
export function followRedirect(outgoing: Outgoing, status: number, url: URL): Outgoing {
  const next = becomesGet(outgoing.method, status) ? withoutBody(outgoing) : outgoing
  const isElsewhere = url.origin !== outgoing.url.origin
  if (next.body !== null && isElsewhere) throw new EgressRefused(url.host, `a redirect does not take a body from ${outgoing.url.host} to another origin`)
  if (next.body instanceof ReadableStream) throw new EgressRefused(url.host, 'a redirect asks for a body that cannot be sent again')
  return { ...next, url, headers: isElsewhere ? keepHarmless(next.headers) : next.headers }
}

function becomesGet(method: string, status: number): boolean {
  if (status === 303) return method !== 'GET' && method !== 'HEAD'
  return (status === 301 || status === 302) && method === 'POST'
}

function withoutBody(outgoing: Outgoing): Outgoing {
  const headers = new Headers(outgoing.headers)
  for (const name of bodyHeaders) headers.delete(name)
  return { ...outgoing, method: 'GET', headers, body: null }
}

function keepHarmless(headers: Headers): Headers {
  return new Headers([...headers].filter(([name]) => harmlessHeaders.has(name)))
}
