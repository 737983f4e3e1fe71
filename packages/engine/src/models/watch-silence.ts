import { ModelError } from './model-error.ts'
import { StepReader } from './step-reader.ts'

/**
 * A `fetch` that does not wait for ever: it fails once nothing at all has come for so long, before the answer or within
 * it. Bytes count, not words: vendors that think for minutes send pings meanwhile. While nobody reads, nothing is late.
 */
export function watchSilence(fetch: typeof globalThis.fetch, silenceMsMax: number): typeof globalThis.fetch {
  return async (input, init) => {
    const silence = new AbortController()
    const given = init?.signal ?? (input instanceof Request ? input.signal : null)
    const signal = given ? AbortSignal.any([given, silence.signal]) : silence.signal
    async function within<T>(work: Promise<T>): Promise<T> {
      const timer = setTimeout(() => silence.abort(new ModelError('timeout', `nothing came from the provider for ${silenceMsMax / 1000} s`)), silenceMsMax)
      try {
        return await work
      } finally {
        clearTimeout(timer)
      }
    }
    const response = await within(fetch(input, { ...init, signal }))
    if (!response.body) return response
    const reader = new StepReader(response.body.getReader())
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const bytes = await within(reader.read())
          if (bytes === null) controller.close()
          else controller.enqueue(bytes)
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    )
    const { status, statusText, headers, url } = response
    return Object.defineProperty(new Response(body, { status, statusText, headers }), 'url', { value: url })
  }
}
