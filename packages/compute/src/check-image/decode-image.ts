import type { Buffer } from 'node:buffer'
import type { ImageMediaType } from '@reprise/contract'
import { limits } from '@reprise/contract'
import type { ImageFacts } from './image-facts.ts'
import { invalidImage } from './image-facts.ts'
import { sharp } from './restricted-sharp.ts'

/** A decode that takes longer is stopped inside libvips, where the end of a thread does not reach. */
const decodeSecondsMax = 20

const formats: Record<ImageMediaType, string> = { 'image/png': 'png', 'image/jpeg': 'jpeg', 'image/gif': 'gif', 'image/webp': 'webp' }

/** Decodes every pixel of every frame, requires the size that the file's structure gave, and makes the thumbnail. */
export async function decodeImage(bytes: Buffer, mediaType: ImageMediaType, facts: ImageFacts): Promise<{ thumbnail: Uint8Array }> {
  try {
    const { format, width, height, pages = 1 } = await open(bytes).metadata()
    // sharp reads only the first image of an animated PNG; the rest was inflated by `inspectPng`.
    const frames = mediaType === 'image/png' ? facts.frames : pages
    if (format !== formats[mediaType] || width !== facts.width || height !== facts.height || frames !== facts.frames) {
      throw invalidImage('is not what its header says')
    }
    if (pages > 1) await decodeAllFrames(bytes)
    return { thumbnail: await makeThumbnail(bytes) }
  } catch (error) {
    throw error instanceof Error && error.name === 'AppError' ? error : invalidImage('cannot be decoded')
  }
}

async function decodeAllFrames(bytes: Buffer): Promise<void> {
  // Every pixel goes into the result, however small, so every frame is decoded.
  await open(bytes, { pages: -1 }).resize({ width: 8, height: 8, fit: 'fill' }).raw().toBuffer()
}

async function makeThumbnail(bytes: Buffer): Promise<Uint8Array> {
  const edge = limits.thumbnailEdgePixelsMax
  const encoded = await open(bytes)
    .autoOrient()
    // This is the full decode as well: decoders that shrink while they read still read all of the data.
    .resize({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true })
    .webp()
    .toBuffer()
  // Native memory cannot be transferred to another thread; this copy can.
  return new Uint8Array(encoded)
}

function open(bytes: Buffer, options: { pages?: number } = {}) {
  return sharp(bytes, { ...options, limitInputPixels: limits.imagePixelsMax, failOn: 'warning', sequentialRead: true }).timeout({
    seconds: decodeSecondsMax,
  })
}
