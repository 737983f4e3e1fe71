import type { Buffer } from 'node:buffer'
import type { ImageMediaType } from '@reprise/contract'
import type { Raw, Sharp } from 'sharp'
import { sharp } from '../check-image/restricted-sharp.ts'
import type { ImageBounds } from '../fitted-image.ts'

/** 8 bits per channel, in sRGB or gray, with or without alpha. */
export interface Pixels extends Raw {
  data: Buffer
}

export interface EncodedImage {
  mediaType: ImageMediaType
  bytes: Buffer
}

/** At the lower one, letters begin to blur. */
const qualities = [82, 60] as const
/** One step never takes more than this off the edges: a guess from a very large file is a bad one. */
const scaleMin = 0.25
const scaleMargin = 0.95
const roundsMax = 12

/**
 * Encodes pixels in the best of a vendor's formats, within its bytes: first at lower quality, then at a smaller size.
 * Null when even a few pixels do not fit.
 */
export async function encodeWithin(pixels: Pixels, { mediaTypes, bytesMax }: Pick<ImageBounds, 'mediaTypes' | 'bytesMax'>): Promise<EncodedImage | null> {
  const hasAlpha = pixels.channels === 2 || pixels.channels === 4
  const allowed = (hasAlpha ? withAlpha : opaque).filter((type) => mediaTypes.includes(type))
  let scale = 1
  for (let round = 0; round < roundsMax && allowed.length > 0; round++) {
    let smallest = Infinity
    for (const encode of listEncodings(allowed, hasAlpha, round)) {
      const encoded = await encode(scaleDown(pixels, scale))
      if (encoded.bytes.length <= bytesMax) return encoded
      smallest = Math.min(smallest, encoded.bytes.length)
    }
    if (scale * Math.max(pixels.width, pixels.height) <= 1) return null
    // Bytes go with the area.
    scale *= Math.max(scaleMin, Math.sqrt(bytesMax / smallest) * scaleMargin)
  }
  return null
}

/** No GIF: 256 colors are worse than all of these, which every vendor takes one of. */
const withAlpha = ['image/png', 'image/webp', 'image/jpeg'] as const
const opaque = ['image/jpeg', 'image/webp', 'image/png'] as const

type Encoding = (image: Sharp) => Promise<EncodedImage>

/** Best first: without loss where there is transparency to keep and it may fit, then one format with loss. */
function listEncodings(allowed: readonly ImageMediaType[], hasAlpha: boolean, round: number): Encoding[] {
  const lossy = allowed.find((type) => type === 'image/jpeg' || type === 'image/webp')
  const encodings: Encoding[] = []
  if (allowed[0] === 'image/png' && (round === 0 || !lossy)) encodings.push(async (image) => ({ mediaType: 'image/png', bytes: await image.png().toBuffer() }))
  if (lossy) for (const quality of qualities) encodings.push((image) => encodeLossy(image, lossy, quality, hasAlpha))
  return encodings
}

async function encodeLossy(image: Sharp, mediaType: 'image/jpeg' | 'image/webp', quality: number, hasAlpha: boolean): Promise<EncodedImage> {
  if (mediaType === 'image/webp') return { mediaType, bytes: await image.webp({ quality, alphaQuality: 80, effort: 1 }).toBuffer() }
  // A JPEG has no transparency: what showed through is shown on white, as documents do.
  const flat = hasAlpha ? image.flatten({ background: '#ffffff' }) : image
  return { mediaType, bytes: await flat.jpeg({ quality }).toBuffer() }
}

function scaleDown({ data, width, height, channels }: Pixels, scale: number): Sharp {
  const image = sharp(data, { raw: { width, height, channels } })
  if (scale === 1) return image
  const edge = Math.max(1, Math.floor(Math.max(width, height) * scale))
  return image.resize({ width: edge, height: edge, fit: 'inside' })
}
