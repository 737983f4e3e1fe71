import type { Buffer } from 'node:buffer'
import { crc32 } from 'node:zlib'
import { invalidImage, invalidWhenCut } from './image-facts.ts'

export interface PngChunk {
  type: string
  data: Buffer
}

const signatureBytes = 8
/** Length, type and checksum. */
const frameBytes = 12

/** Reads chunk by chunk, so that what the first chunk says is judged before the rest is walked. */
export function* readPngChunks(bytes: Buffer): Generator<PngChunk, undefined> {
  for (let at = signatureBytes; at < bytes.length; ) {
    invalidWhenCut(bytes, at + frameBytes)
    const length = bytes.readUInt32BE(at)
    const dataEnd = at + 8 + length
    invalidWhenCut(bytes, dataEnd + 4)
    if (crc32(bytes.subarray(at + 4, dataEnd)) !== bytes.readUInt32BE(dataEnd)) throw invalidImage('is damaged: a checksum is wrong')
    const type = bytes.toString('latin1', at + 4, at + 8)
    if (!/^[A-Za-z]{4}$/.test(type)) throw invalidImage('has a damaged chunk')
    yield { type, data: bytes.subarray(at + 8, dataEnd) }
    at = dataEnd + 4
  }
}
