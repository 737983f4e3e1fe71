import type { Buffer } from 'node:buffer'
import { invalidImage } from './image-facts.ts'

export interface RiffChunk {
  type: string
  data: Buffer
}

/** Reads the chunks of a part of a RIFF file, which must fill it exactly: each takes an even number of bytes. */
export function* readRiffChunks(bytes: Buffer, start: number, end: number): Generator<RiffChunk, undefined> {
  for (let at = start; at < end; ) {
    const dataStart = at + 8
    if (dataStart > end) throw invalidImage('is cut off')
    const length = bytes.readUInt32LE(at + 4)
    const type = bytes.toString('latin1', at, at + 4)
    yield { type, data: bytes.subarray(dataStart, Math.min(end, dataStart + length)) }
    at = dataStart + length + (length % 2)
    if (at > end) throw invalidImage('is cut off')
  }
}
