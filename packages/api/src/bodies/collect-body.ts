import { AppError } from '@reprise/contract'
import type { IncomingMessage } from 'node:http'

/**
 * Reads a body whole, into one buffer that is nobody else's, so that it can be moved to a thread. A body over the limit
 * is refused before anything of it is kept if its length was declared, and while reading if it was not.
 */
export function collectBody(request: IncomingMessage, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  const declared = request.headers['content-length']
  const collected = declared === undefined ? new Chunks() : new Preallocated(Number(declared), bytesMax)
  return new Promise((resolve, reject) => {
    let length = 0
    const onData = (chunk: Uint8Array) => {
      length += chunk.byteLength
      if (length > bytesMax) settle(() => reject(tooLarge(bytesMax)))
      else collected.take(chunk)
    }
    const onEnd = () => settle(() => resolve(collected.join()))
    const onCut = () => settle(() => reject(new AppError('body_incomplete')))
    const settle = (conclude: () => void) => {
      request.off('data', onData).off('end', onEnd).off('close', onCut)
      // What is still to come is thrown away as it comes: destroying the request would take the answer with it.
      request.resume()
      conclude()
    }
    // A connection that breaks in the middle says so by an error as well; `close` is enough to know.
    request.on('error', () => {})
    request.on('data', onData).on('end', onEnd).on('close', onCut)
  })
}

/** A body of declared length: written to its place as it comes, never copied again. */
class Preallocated {
  readonly #bytes: Uint8Array<ArrayBuffer>
  #length = 0

  constructor(length: number, bytesMax: number) {
    if (length > bytesMax) throw tooLarge(bytesMax)
    this.#bytes = new Uint8Array(length)
  }

  /** Node's parser ends a body at its declared length, so it always fits. */
  take(chunk: Uint8Array): void {
    this.#bytes.set(chunk, this.#length)
    this.#length += chunk.byteLength
  }

  join(): Uint8Array<ArrayBuffer> {
    return this.#bytes
  }
}

class Chunks {
  readonly #chunks: Uint8Array[] = []

  take(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
  }

  join(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#chunks.reduce((sum, { byteLength }) => sum + byteLength, 0))
    let length = 0
    for (const chunk of this.#chunks) {
      bytes.set(chunk, length)
      length += chunk.byteLength
    }
    return bytes
  }
}

function tooLarge(bytesMax: number): AppError {
  return new AppError('body_too_large', { message: `The body is larger than ${bytesMax} bytes` })
}
