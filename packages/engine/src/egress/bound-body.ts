import { Buffer } from 'node:buffer'
import type { Response as UndiciResponse } from 'undici'
import { EgressFault } from './egress-errors.ts'

/**
 * Undici's answer as a Response of this Node, with a body that fails past `bytesMax` decoded bytes. Nothing is read
 * before it is asked for.
 */
export function boundResponse(response: UndiciResponse, bytesMax: number, isRedirected: boolean): Response {
  const { status, statusText, headers, url } = response
  if (status > 599) {
    response.body?.cancel().catch(() => {})
    throw new EgressFault(`the answer has the status ${status}, which does not exist`, { mayHaveArrived: true })
  }
  const bounded = new Response(response.body && boundBody(response, bytesMax), { status, statusText, headers: [...headers] })
  // The constructor cannot say where a response comes from.
  return Object.defineProperties(bounded, { url: { value: url }, redirected: { value: isRedirected } })
}

/**
 * At most the first `bytesMax` bytes of a body; the rest is not read, and `isCut` says that there was more. Pieces are
 * not collected: of one byte each, they would take many times their size.
 */
export async function readBytes(body: AsyncIterable<Uint8Array> | null, bytesMax: number): Promise<{ bytes: Buffer; isCut: boolean }> {
  let bytes = Buffer.alloc(0)
  let size = 0
  for await (const chunk of body ?? []) {
    const end = Math.min(size + chunk.byteLength, bytesMax)
    if (end > bytes.length) bytes = enlarge(bytes, size, Math.min(Math.max(end, bytes.length * 2), bytesMax))
    bytes.set(chunk.subarray(0, end - size), size)
    if (size + chunk.byteLength > bytesMax) return { bytes, isCut: true }
    size = end
  }
  return { bytes: bytes.subarray(0, size), isCut: false }
}

function enlarge(bytes: Buffer, size: number, length: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafe(length)
  bytes.copy(larger, 0, 0, size)
  return larger
}

/** Holds the response itself, not only its body: undici cancels the body of a response that was garbage-collected. */
function boundBody(response: UndiciResponse, bytesMax: number): ReadableStream<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  let size = 0
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        reader ??= response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> // typed as a stream of anything
        const { done, value } = await reader.read()
        if (done) return controller.close()
        size += value.byteLength
        if (size <= bytesMax) return controller.enqueue(value)
        const fault = new EgressFault(`the answer is longer than ${bytesMax} bytes`, { mayHaveArrived: true })
        controller.error(fault)
        await reader.cancel(fault)
      },
      async cancel(reason) {
        await (reader ?? response.body)?.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
