import type { Buffer } from 'node:buffer'
import type { ImageMediaType } from '@reprise/contract'
import { AppError, limits } from '@reprise/contract'
import type { ImageFacts } from './image-facts.ts'
import { invalidImage } from './image-facts.ts'
import { sharp } from './restricted-sharp.ts'

interface DecodeOptions {
  /** What ends the decode: at `warning` also data that the decoder could make up for, such as a missing end. */
  failOn: 'warning' | 'error'
  pages?: number
}

/** A decode that takes longer is stopped inside libvips, where the end of a thread does not reach. */
const decodeSecondsMax = 20

/** Some phones write their photographs so. Every decoder passes over it, and nothing of the image is missing. */
const harmlessWarning = 'Invalid SOS parameters for sequential JPEG'

const formats: Record<ImageMediaType, string> = { 'image/png': 'png', 'image/jpeg': 'jpeg', 'image/gif': 'gif', 'image/webp': 'webp' }

/** Decodes every frame, requires the size that the file's structure gave, and makes the thumbnail. */
export async function decodeImage(bytes: Buffer, mediaType: ImageMediaType, facts: ImageFacts): Promise<{ thumbnail: Uint8Array }> {
  try {
    return await decodeStrictly(bytes, mediaType, facts, 'warning').catch((error: unknown) => {
      if (error instanceof Error && error.message.includes(harmlessWarning)) return decodeStrictly(bytes, mediaType, facts, 'error')
      throw error
    })
  } catch (error) {
    // The decoder's own words name its libraries; they are no help to a caller.
    throw error instanceof AppError ? error : invalidImage('cannot be decoded')
  }
}

async function decodeStrictly(bytes: Buffer, mediaType: ImageMediaType, facts: ImageFacts, failOn: DecodeOptions['failOn']) {
  const { format, width, height, pages = 1 } = await open(bytes, { failOn }).metadata()
  // sharp reads only the first image of an animated PNG; the others were inflated by `inspectPng`.
  const frames = mediaType === 'image/png' ? facts.frames : pages
  if (format !== formats[mediaType] || width !== facts.width || height !== facts.height || frames !== facts.frames) {
    throw invalidImage('is not what its header says')
  }
  if (pages > 1) await decodeAllFrames(bytes, failOn)
  return { thumbnail: await makeThumbnail(bytes, failOn) }
}

async function decodeAllFrames(bytes: Buffer, failOn: DecodeOptions['failOn']): Promise<void> {
  // Every pixel goes into the result, however small, so every frame is decoded.
  await open(bytes, { failOn, pages: -1 }).resize({ width: 8, height: 8, fit: 'fill' }).raw().toBuffer()
}

async function makeThumbnail(bytes: Buffer, failOn: DecodeOptions['failOn']): Promise<Uint8Array> {
  const edge = limits.thumbnailEdgePixelsMax
  const encoded = await open(bytes, { failOn })
    .autoOrient()
    // This is the full decode as well: decoders that shrink while they read still read all of the data.
    .resize({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true })
    .webp()
    .toBuffer()
  // Native memory cannot be transferred to another thread; this copy can.
  return new Uint8Array(encoded)
}

function open(bytes: Buffer, options: DecodeOptions) {
  return sharp(bytes, { ...options, limitInputPixels: limits.imagePixelsMax, sequentialRead: true }).timeout({ seconds: decodeSecondsMax })
}
