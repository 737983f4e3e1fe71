import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import type { ImageMediaType, Parsed } from '@reprise/contract'
import { AppError, imageMediaTypes, limits } from '@reprise/contract'
import type { CheckedImage } from '../checked-image.ts'
import { decodeImage } from './decode-image.ts'
import type { ImageFacts } from './image-facts.ts'
import { inspectGif } from './inspect-gif.ts'
import { inspectJpeg } from './inspect-jpeg.ts'
import { inspectPng } from './inspect-png.ts'
import { inspectWebp } from './inspect-webp.ts'
import { sniffImage } from './sniff-image.ts'

const inspectors: Record<ImageMediaType, (bytes: Buffer) => ImageFacts | Promise<ImageFacts>> = {
  'image/png': inspectPng,
  'image/jpeg': inspectJpeg,
  'image/gif': inspectGif,
  'image/webp': inspectWebp,
}

/**
 * Accepts an image only when it is what was declared, complete, within the limits, and decodes without a complaint.
 * The walk through the file's structure comes first: it bounds what the decoder will need, and the decoder alone is no
 * proof, for it accepts many files that are cut off.
 */
export async function checkImage(bytes: Uint8Array, declared: readonly string[]): Promise<Parsed<CheckedImage>> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (file.length > limits.imageBytesMax) return refuse(`is larger than ${limits.imageBytesMax / 1024 / 1024} MiB`)
  const mediaType = sniffImage(file)
  if (!mediaType) return refuse(`is not a PNG, JPEG, GIF or WebP image`)
  const wrong = declared.find((type) => type !== mediaType)
  if (wrong !== undefined) return refuse(describeMismatch(wrong, mediaType))
  try {
    const facts = await inspectors[mediaType](file)
    const { thumbnail } = await decodeImage(file, mediaType, facts)
    const sha256 = createHash('sha256').update(file).digest('hex')
    const { width, height, frames } = facts
    return {
      ok: true,
      value: { media_type: mediaType, size_bytes: file.length, width, height, frames, sha256, bytes, thumbnail, thumbnail_media_type: 'image/webp' },
    }
  } catch (error) {
    if (error instanceof AppError) return refuse(error.message)
    throw error
  }
}

function describeMismatch(declared: string, mediaType: ImageMediaType): string {
  const known: readonly string[] = imageMediaTypes
  return known.includes(declared)
    ? `is declared as ${declared}, but its bytes are ${mediaType}`
    : `is declared as a type other than ${imageMediaTypes.join(', ')}`
}

function refuse(message: string): Parsed<never> {
  return { ok: false, refusal: { code: 'invalid_image', message } }
}
