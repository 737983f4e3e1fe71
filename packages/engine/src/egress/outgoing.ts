/** One request, ready to be sent, perhaps more than once. */
export interface Outgoing {
  /** Judged. */
  url: URL
  method: string
  headers: Headers
  body: string | Uint8Array | ReadableStream<Uint8Array> | null
  redirect: Request['redirect']
  signal: AbortSignal | null
}

/** Reads the arguments of a `fetch` with this Node's own Request, which knows what the standard makes of them. */
export function readOutgoing(url: URL, input: string | URL | Request, init: RequestInit): Outgoing {
  const request = new Request(input instanceof Request ? input : url, init)
  const { method, headers, redirect } = request
  if (!headers.has('user-agent')) headers.set('user-agent', 'reprise')
  const signal = init.signal ?? (input instanceof Request ? input.signal : null)
  return { url, method, headers, body: readBody(init.body, request), redirect, signal }
}

/** What can be sent again stays as it is; anything else is a stream, and forms that undici does not know become one. */
function readBody(given: RequestInit['body'], { body }: Request): Outgoing['body'] {
  if (typeof given === 'string' || given instanceof Uint8Array) return given
  return given instanceof URLSearchParams ? String(given) : body
}
