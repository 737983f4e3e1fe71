import type { Buffer } from 'node:buffer'
import { holdsAllGifPixels } from './holds-all-gif-pixels.ts'
import type { ImageFacts } from './image-facts.ts'
import { invalidImage, invalidWhenCut, judgeSize } from './image-facts.ts'

const block = { extension: 0x21, frame: 0x2c, trailer: 0x3b }
const headerBytes = 13

interface Frame {
  pixels: number
  dataStart: number
}

/**
 * Walks a GIF's blocks to its trailer, stops at the frame that makes it too large, and then requires that each frame's
 * data is complete. Only zero bytes may follow the trailer: some writers pad.
 */
export function inspectGif(bytes: Buffer): ImageFacts {
  invalidWhenCut(bytes, headerBytes)
  const facts = { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8), frames: 0 }
  judgeSize({ ...facts, frames: 1 })
  const frames: Frame[] = []
  for (let at = headerBytes + colorTableBytes(bytes[10]!); ; ) {
    invalidWhenCut(bytes, at + 1)
    const kind = bytes[at]!
    if (kind === block.trailer) {
      if (facts.frames === 0) throw invalidImage('has no frame')
      if (bytes.subarray(at + 1).some((byte) => byte !== 0)) throw invalidImage('has data after its end')
      if (!frames.every(({ dataStart, pixels }) => holdsAllGifPixels(bytes, dataStart, pixels))) {
        throw invalidImage('has damaged or incomplete image data')
      }
      return facts
    }
    if (kind === block.extension) {
      at = skipSubBlocks(bytes, at + 2)
    } else if (kind === block.frame) {
      facts.frames++
      judgeSize(facts)
      const frame = readFrame(bytes, at, facts)
      frames.push(frame)
      at = skipSubBlocks(bytes, frame.dataStart + 1)
    } else {
      throw invalidImage('has a damaged block')
    }
  }
}

function readFrame(bytes: Buffer, at: number, screen: ImageFacts): Frame {
  invalidWhenCut(bytes, at + 10)
  const [left, top, width, height] = [1, 3, 5, 7].map((offset) => bytes.readUInt16LE(at + offset)) as [number, number, number, number]
  if (width === 0 || height === 0 || left + width > screen.width || top + height > screen.height) {
    throw invalidImage('has a frame outside its screen')
  }
  const dataStart = at + 10 + colorTableBytes(bytes[at + 9]!)
  invalidWhenCut(bytes, dataStart + 1)
  const codeBits = bytes[dataStart]!
  if (codeBits < 1 || codeBits > 8) throw invalidImage('has a damaged frame')
  return { pixels: width * height, dataStart }
}

function skipSubBlocks(bytes: Buffer, start: number): number {
  let at = start
  for (;;) {
    invalidWhenCut(bytes, at + 1)
    const length = bytes[at]!
    at += 1 + length
    if (length === 0) return at
  }
}

function colorTableBytes(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 0x07) + 1) : 0
}
