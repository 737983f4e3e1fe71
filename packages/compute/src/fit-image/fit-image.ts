import { Buffer } from 'node:buffer'
import type { Parsed } from '@reprise/contract'
import { limits } from '@reprise/contract'
import { sniffImage } from '../check-image/sniff-image.ts'
import { sharp } from '../check-image/restricted-sharp.ts'
import type { FittedImage, ImageBounds } from '../fitted-image.ts'
import { encodeWithin, type Pixels } from './encode-within.ts'

/**
 * What has to be encoded anew is made no larger than this, whatever the vendor would take: models look at fewer pixels,
 * and it bounds what several tries at a size cost.
 */
const encodedEdgePixelsMax = 2_576
const decodeSecondsMax = 20

/**
 * Makes a checked image one that a vendor takes. What fits is passed on byte for byte; all else is its first frame,
 * upright, scaled down and encoded anew. What the image is, its bytes say.
 */
export async function fitImage(bytes: Uint8Array, bounds: ImageBounds): Promise<Parsed<FittedImage>> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const mediaType = sniffImage(file)
  if (!mediaType) return refuse('is not a PNG, JPEG, GIF or WebP image')
  const edge = await readEdge(file).catch(() => null)
  if (edge !== null && edge <= bounds.edgePixelsMax && file.length <= bounds.bytesMax && bounds.mediaTypes.includes(mediaType)) {
    return { ok: true, value: { media_type: mediaType, base64: file.toString('base64') } }
  }
  const pixels = edge === null ? null : await readPixels(file, Math.min(bounds.edgePixelsMax, encodedEdgePixelsMax)).catch(() => null)
  if (!pixels) return refuse('cannot be decoded')
  const encoded = await encodeWithin(pixels, bounds)
  if (!encoded) return refuse(`cannot be made to fit into ${bounds.bytesMax} bytes of ${bounds.mediaTypes.join(', ')}`)
  return { ok: true, value: { media_type: encoded.mediaType, base64: encoded.bytes.toString('base64') } }
}

async function readEdge(file: Buffer): Promise<number> {
  const { width, height } = await open(file).metadata()
  return Math.max(width, height)
}

/** Decoded once, however many encodings are tried. */
async function readPixels(file: Buffer, edge: number): Promise<Pixels> {
  const { data, info } = await open(file)
    .autoOrient()
    .resize({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height, channels: info.channels }
}

function open(file: Buffer) {
  return sharp(file, { limitInputPixels: limits.imagePixelsMax, sequentialRead: true }).timeout({ seconds: decodeSecondsMax })
}

function refuse(message: string): Parsed<never> {
  return { ok: false, refusal: { code: 'invalid_image', message } }
}
