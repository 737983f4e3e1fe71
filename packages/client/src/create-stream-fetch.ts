/**
 * How a subscription connects.
 *
 * R1  An EventSource gives up for ever at the first answer that is not 200, also at the 503 of a server that starts. So it
 *     never sees one: what passes is tried again in here.
 * R2  What does not pass ends the subscription with the server's own words, which an EventSource would not have read.
 * R3  A connection over which nothing comes, not even heartbeats, is cut: a network that went away tells nobody.
 * R4  Who is let in and cut off again and again, without one event, comes more and more slowly.
 */
import { chooseDelayMs } from './choose-delay.ts'
import { pause } from './pause.ts'
import { readRetryAfterMs } from './reprise-error.ts'

export interface StreamFetchOptions {
  send: typeof globalThis.fetch
  makeHeaders(): Promise<Record<string, string>>
  silenceMsMax: number
}

interface StreamRequest {
  headers: Record<string, string>
  signal?: AbortSignal | null | undefined
}

/** A connection that held for so long was none of a row of failures. */
const steadyMs = 5_000
/** Read by the EventSource, whose own patience after a break would be three seconds. */
const retryField = new TextEncoder().encode('retry: 100\n\n')

/** The fetch of one EventSource: resolves when there is a stream to read, or the refusal as one. */
export function createStreamFetch({ send, makeHeaders, silenceMsMax }: StreamFetchOptions): (url: string | URL, init: StreamRequest) => Promise<Response> {
  let failures = 0
  let openedAt: number | null = null
  let cursor: string | undefined
  return async (url, { signal = null, ...init }) => {
    const hasHeld = openedAt !== null && performance.now() - openedAt >= steadyMs
    const before = cursor
    cursor = init.headers['Last-Event-ID']
    if (openedAt !== null) failures = hasHeld || cursor !== before ? 0 : failures + 1
    for (;;) {
      if (failures > 0) await pause(chooseDelayMs(failures), signal)
      try {
        const response = await send(url, { ...init, headers: { ...init.headers, ...(await makeHeaders()) }, signal })
        if (response.ok) {
          openedAt = performance.now()
          return new Response(watchSilence(response.body!, silenceMsMax), response)
        }
        if (!isPassing(response)) return await describeRefusal(response)
        await response.body?.cancel()
        await pause(readRetryAfterMs(response.headers) ?? 0, signal)
      } catch (error) {
        if (signal?.aborted) throw error
      }
      failures += 1
    }
  }
}

/** Too many, or a fault of the server or of what stands before it: a stream asks for nothing that could be wrong in itself. */
function isPassing({ status }: Response): boolean {
  return status === 408 || status === 429 || status >= 500
}

/** The bytes as they come; fails when none come for too long. */
function watchSilence(body: ReadableStream<Uint8Array>, silenceMsMax: number): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(retryField),
    async pull(controller) {
      const timer = setTimeout(() => {
        controller.error(new TypeError('network: nothing was heard of the server for too long'))
        // What it still had to say is asked for again on the next connection.
        reader.cancel().catch(() => {})
      }, silenceMsMax)
      try {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      } finally {
        clearTimeout(timer)
      }
    },
    cancel: (reason) => reader.cancel(reason),
  })
}

/** The refusal as the last thing of a stream, which is how tRPC hears of errors. */
async function describeRefusal(response: Response): Promise<Response> {
  const { status } = response
  const text = await response.text()
  const error = readErrorShape(text) ?? { message: `The server answered ${status}`, code: -32600, data: { code: `HTTP_${status}`, httpStatus: status } }
  return new Response(`event: serialized-error\ndata: ${JSON.stringify(error)}\n\n`, { headers: { 'content-type': 'text/event-stream' } })
}

function readErrorShape(text: string): object | null {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown; data?: unknown } } // checked below
    return typeof error?.message === 'string' && typeof error.data === 'object' ? error : null
  } catch {
    return null // A page of some proxy.
  }
}
