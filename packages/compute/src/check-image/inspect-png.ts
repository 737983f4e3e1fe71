import type { Buffer } from 'node:buffer'
import type { ImageFacts } from './image-facts.ts'
import { invalidImage, judgeSize } from './image-facts.ts'
import { inflatesToExactly } from './inflates-to-exactly.ts'
import { countRasterBytes, readPngHeader } from './png-header.ts'
import { readPngChunks } from './png-chunks.ts'

interface Raster {
  width: number
  height: number
  compressed: Buffer[]
}

/**
 * Walks a PNG to its last byte: every checksum, the order of the chunks that matter, and for each image (an animation
 * has several) that its data inflates to exactly what its header promises. Nothing may follow IEND: the format ends there.
 */
export async function inspectPng(bytes: Buffer): Promise<ImageFacts> {
  const chunks = readPngChunks(bytes)
  const header = readPngHeader(chunks.next().value)
  judgeSize({ ...header, frames: 1 })

  const still: Raster = { width: header.width, height: header.height, compressed: [] }
  const rasters = [still]
  let frames = 0
  let stillIsFrame = false
  let framesPromised: number | null = null
  let hasPalette = false
  let ended = false
  let previous = 'IHDR'
  for (const { type, data } of chunks) {
    if (ended) throw invalidImage('has data after its end')
    if (type === 'PLTE') {
      if (hasPalette || still.compressed.length > 0 || header.isGray) throw invalidImage('has a palette where none may be')
      if (data.length === 0 || data.length % 3 !== 0 || data.length > 768) throw invalidImage('has a damaged palette')
      hasPalette = true
    } else if (type === 'IDAT') {
      if (header.isIndexed && !hasPalette) throw invalidImage('has no palette')
      if (still.compressed.length > 0 && previous !== 'IDAT') throw invalidImage('has its image data in several places')
      still.compressed.push(data)
    } else if (type === 'acTL') {
      if (data.length !== 8 || still.compressed.length > 0) throw invalidImage('has a damaged animation header')
      framesPromised = data.readUInt32BE(0)
    } else if (type === 'fcTL') {
      frames++
      judgeSize({ ...header, frames })
      const raster = readFrame(data, header)
      if (still.compressed.length > 0) rasters.push(raster)
      // A frame that is announced before the still image is that image.
      else if (raster.width === header.width && raster.height === header.height) stillIsFrame = true
      else throw invalidImage('has a damaged frame header')
    } else if (type === 'fdAT') {
      if (data.length < 4 || rasters.length < 2) throw invalidImage('has a damaged animation')
      rasters.at(-1)!.compressed.push(data.subarray(4))
    } else if (type === 'IEND') {
      if (data.length > 0) throw invalidImage('has a damaged end')
      ended = true
    } else if (isCritical(type)) {
      throw invalidImage('has a chunk of an unknown kind that it cannot be shown without')
    }
    previous = type
  }
  if (!ended) throw invalidImage('is cut off')
  if (framesPromised !== null && framesPromised !== frames) throw invalidImage('has fewer or more frames than it says')

  const facts = { width: header.width, height: header.height, frames: stillIsFrame ? frames : frames + 1 }
  judgeSize(facts)
  for (const { width, height, compressed } of rasters) {
    const bytesExpected = countRasterBytes(header, width, height)
    if (!(await inflatesToExactly(compressed, bytesExpected))) throw invalidImage('has damaged or incomplete image data')
  }
  return facts
}

function readFrame(data: Buffer, canvas: { width: number; height: number }): Raster {
  if (data.length !== 26) throw invalidImage('has a damaged frame header')
  const width = data.readUInt32BE(4)
  const height = data.readUInt32BE(8)
  const isInside = data.readUInt32BE(12) + width <= canvas.width && data.readUInt32BE(16) + height <= canvas.height
  if (width === 0 || height === 0 || !isInside) throw invalidImage('has a frame outside its canvas')
  return { width, height, compressed: [] }
}

/** A chunk whose name begins with a capital letter must be understood by whoever shows the image. */
function isCritical(type: string): boolean {
  return type.charCodeAt(0) < 0x60
}
