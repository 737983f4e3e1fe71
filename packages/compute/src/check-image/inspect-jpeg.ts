import type { Buffer } from 'node:buffer'
import type { ImageFacts } from './image-facts.ts'
import { invalidImage, invalidWhenCut, judgeSize } from './image-facts.ts'

const marker = { start: 0xd8, end: 0xd9, scan: 0xda, restartFirst: 0xd0, restartLast: 0xd7, temporary: 0x01 }
/** In the range of the frame headers (SOF), but tables: DHT, JPG, DAC. */
const noFrameHeaders = new Set([0xc4, 0xc8, 0xcc])
/** Cameras write up to about ten; each costs a decoder a pass over the whole image, however little data it has. */
const scansMax = 100

/**
 * Walks a JPEG's markers to its end marker. Bytes after that are left alone: cameras put previews and notes there, and
 * every decoder passes over them.
 */
export function inspectJpeg(bytes: Buffer): ImageFacts {
  let facts: ImageFacts | null = null
  let scans = 0
  for (let at = 2; ; ) {
    const code = readMarker(bytes, at)
    at = code.end
    if (code.value === marker.end) break
    if (code.value === marker.start || isStandalone(code.value)) throw invalidImage('has a marker out of place')
    invalidWhenCut(bytes, at + 2)
    const length = bytes.readUInt16BE(at)
    if (length < 2) throw invalidImage('has a damaged segment')
    invalidWhenCut(bytes, at + length)
    if (isFrameHeader(code.value)) {
      if (facts || length < 8) throw invalidImage('has a damaged frame header')
      facts = { height: bytes.readUInt16BE(at + 3), width: bytes.readUInt16BE(at + 5), frames: 1 }
      judgeSize(facts)
    }
    at += length
    if (code.value === marker.scan) {
      if (!facts) throw invalidImage('has image data before its frame header')
      if (++scans > scansMax) throw invalidImage(`has more than ${scansMax} scans`)
      at = skipScan(bytes, at)
    }
  }
  if (!facts || scans === 0) throw invalidImage('has no image data')
  return facts
}

function readMarker(bytes: Buffer, at: number): { value: number; end: number } {
  invalidWhenCut(bytes, at + 2)
  if (bytes[at] !== 0xff) throw invalidImage('has a damaged segment')
  let end = at + 1
  // Any number of 0xFF may fill the space before a marker.
  while (bytes[end] === 0xff) end++
  invalidWhenCut(bytes, end + 1)
  return { value: bytes[end]!, end: end + 1 }
}

/** The index of the first marker after a scan's data, in which 0xFF stands only before a 0 or a restart number. */
function skipScan(bytes: Buffer, start: number): number {
  for (let at = start; ; ) {
    const found = bytes.indexOf(0xff, at)
    if (found < 0 || found + 1 >= bytes.length) throw invalidImage('is cut off')
    const next = bytes[found + 1]!
    if (next !== 0 && next !== 0xff && !(next >= marker.restartFirst && next <= marker.restartLast)) return found
    at = next === 0xff ? found + 1 : found + 2
  }
}

function isFrameHeader(code: number): boolean {
  return code >= 0xc0 && code <= 0xcf && !noFrameHeaders.has(code)
}

function isStandalone(code: number): boolean {
  return code === 0 || code === marker.temporary || (code >= marker.restartFirst && code <= marker.restartLast)
}
