import { Buffer } from 'node:buffer'
import { setImmediate as nextRound, setTimeout as delay } from 'node:timers/promises'

/** Vendors send a piece for each token, and each piece costs many steps of streams: deltas are told 20 times a second anyway. */
const stepMs = 40
/** The first pieces are passed on as they come: nobody waits for the first word. */
const promptPieces = 10
const stepBytesMax = 64 * 1024

type Piece = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>

/** Reads a body a step at a time: all pieces that have come since the step before, as one. Without a reader nothing is read ahead but one piece. */
export class StepReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  #ahead: Promise<Piece> | null = null
  #steps = 0
  #lastAt = 0

  constructor(reader: ReadableStreamDefaultReader<Uint8Array>) {
    this.#reader = reader
  }

  /** Null at the end. */
  async read(): Promise<Uint8Array | null> {
    const isPrompt = this.#steps < promptPieces
    const waitMs = this.#lastAt + stepMs - performance.now()
    if (!isPrompt && waitMs > 0) await delay(waitMs)
    const first = await this.#next()
    if (first.done) return null
    const pieces = [first.value]
    let bytes = first.value.byteLength
    const bytesMax = isPrompt ? 0 : stepBytesMax
    while (bytes < bytesMax) {
      const next = this.#next()
      // The end and a fault are told with the next step: what came before them goes first.
      const come = await Promise.race([next.catch(() => null), nextRound(null)])
      if (come === null || come.done) {
        this.#ahead = next
        break
      }
      pieces.push(come.value)
      bytes += come.value.byteLength
    }
    this.#steps += 1
    this.#lastAt = performance.now()
    return pieces.length === 1 ? first.value : Buffer.concat(pieces, bytes)
  }

  async cancel(reason: unknown): Promise<void> {
    await this.#reader.cancel(reason)
  }

  #next(): Promise<Piece> {
    const next = this.#ahead ?? this.#reader.read()
    this.#ahead = null
    return next
  }
}
