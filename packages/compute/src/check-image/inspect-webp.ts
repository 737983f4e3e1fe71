import type { Buffer } from 'node:buffer'
import type { ImageFacts } from './image-facts.ts'
import { invalidImage, invalidWhenCut, judgeSize } from './image-facts.ts'
import type { RiffChunk } from './riff-chunks.ts'
import { readRiffChunks } from './riff-chunks.ts'

const headerBytes = 12
const frameHeaderBytes = 16
const animationFlag = 0x02

interface Size {
  width: number
  height: number
}

/** Walks a WebP's chunks and those of its frames. The outer size must be the file's: a cut file is known by that alone. */
export function inspectWebp(bytes: Buffer): ImageFacts {
  invalidWhenCut(bytes, headerBytes + 8)
  const chunks = readRiffChunks(bytes, headerBytes, bytes.length)
  const first = chunks.next().value
  // Sizes are judged before the outer length, for the header of a bomb need not be followed by anything.
  const canvas = first ? readCanvas(first) : null
  if (!first || !canvas) throw invalidImage('has no WebP header')
  judgeSize({ ...canvas, frames: 1 })
  const outerBytes = bytes.readUInt32LE(4) + 8
  invalidWhenCut(bytes, outerBytes)
  if (outerBytes < bytes.length) throw invalidImage('has data after its end')
  if (first.type !== 'VP8X') {
    for (const { type } of chunks) if (readsAsBitstream(type)) throw invalidImage('has several images')
    return { ...canvas, frames: 1 }
  }
  const frames = first.data[0]! & animationFlag ? countFrames(chunks, canvas) : readStill(chunks, canvas)
  return { ...canvas, frames }
}

function countFrames(chunks: Iterable<RiffChunk>, canvas: Size): number {
  let frames = 0
  let hasHeader = false
  for (const { type, data } of chunks) {
    if (type === 'ANIM') hasHeader = true
    if (readsAsBitstream(type)) throw invalidImage('has an image outside its frames')
    if (type !== 'ANMF') continue
    judgeSize({ ...canvas, frames: ++frames })
    if (!hasHeader || data.length < frameHeaderBytes) throw invalidImage('has a damaged frame')
    const size = { width: data.readUIntLE(6, 3) + 1, height: data.readUIntLE(9, 3) + 1 }
    // Offsets are stored halved.
    const isInside = data.readUIntLE(0, 3) * 2 + size.width <= canvas.width && data.readUIntLE(3, 3) * 2 + size.height <= canvas.height
    if (!isInside) throw invalidImage('has a frame outside its canvas')
    readStill(readRiffChunks(data, frameHeaderBytes, data.length), size)
  }
  if (frames === 0) throw invalidImage('has no frame')
  return frames
}

/** Requires exactly one bitstream, of the size that its container says. */
function readStill(chunks: Iterable<RiffChunk>, expected: Size): 1 {
  const sizes = Array.from(chunks).filter(({ type }) => readsAsBitstream(type)).map(readBitstreamSize)
  const [size] = sizes
  if (sizes.length !== 1 || size?.width !== expected.width || size.height !== expected.height) {
    throw invalidImage('has no image, or one of another size than its header says')
  }
  return 1
}

function readCanvas(chunk: RiffChunk): Size | null {
  if (chunk.type !== 'VP8X') return readBitstreamSize(chunk)
  if (chunk.data.length < 10) return null
  return { width: chunk.data.readUIntLE(4, 3) + 1, height: chunk.data.readUIntLE(7, 3) + 1 }
}

function readBitstreamSize({ type, data }: RiffChunk): Size | null {
  if (type === 'VP8L' && data.length >= 5 && data[0] === 0x2f) {
    const bits = data.readUInt32LE(1)
    // 14 bits each, less one; the top three are the version, of which there is only 0.
    return bits >>> 29 === 0 ? { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 } : null
  }
  if (type === 'VP8 ' && data.length >= 10 && (data[0]! & 1) === 0 && data.readUIntBE(3, 3) === 0x9d012a) {
    return { width: data.readUInt16LE(6) & 0x3fff, height: data.readUInt16LE(8) & 0x3fff }
  }
  return null
}

function readsAsBitstream(type: string): boolean {
  return type === 'VP8 ' || type === 'VP8L'
}
