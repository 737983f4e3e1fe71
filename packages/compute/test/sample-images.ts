import { Buffer } from 'node:buffer'
import type { Sharp } from 'sharp'
import sharp from 'sharp'

export interface SampleImage {
  name: string
  media_type: string
  bytes: Buffer
  width: number
  height: number
  frames: number
}

/** Pixels that compress badly, the same on every run. */
export function noise(width: number, height: number, channels: 1 | 2 | 3 | 4 = 3): Sharp {
  const pixels = Buffer.alloc(width * height * channels)
  let state = 1
  for (let index = 0; index < pixels.length; index++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    pixels[index] = state >> 16
  }
  return sharp(pixels, { raw: { width, height, channels } })
}

function animation(width: number, height: number, frames: number): Sharp {
  const pixels = Buffer.alloc(width * height * 3 * frames, 90)
  for (let frame = 0; frame < frames; frame++) pixels.fill(frame * 37, frame * width * height * 3, frame * width * height * 3 + 300)
  return sharp(pixels, { raw: { width, height: height * frames, channels: 3, pageHeight: height } })
}

type Recipe = [name: string, media_type: string, image: Sharp, size?: { width: number; height: number; frames?: number }]

/** One file of each kind that a caller may send, each of 61 × 43 pixels unless it says otherwise. */
export async function makeSampleImages(): Promise<SampleImage[]> {
  const plain = { width: 61, height: 43 }
  const picture = (channels: 1 | 2 | 3 | 4 = 3) => noise(plain.width, plain.height, channels)
  const recipes: Recipe[] = [
    ['png', 'image/png', picture().png()],
    ['png with alpha', 'image/png', picture(4).png()],
    ['png, gray', 'image/png', picture(1).toColourspace('b-w').png()],
    ['png, gray with alpha', 'image/png', picture(2).toColourspace('b-w').png()],
    ['png of 16 bits', 'image/png', picture().toColourspace('rgb16').png()],
    ['png with a palette', 'image/png', picture().png({ palette: true })],
    ['png of 2 colors', 'image/png', picture().png({ palette: true, colours: 2 })],
    ['png, interlaced', 'image/png', picture().png({ progressive: true })],
    ['png with a palette, interlaced', 'image/png', picture().png({ palette: true, colours: 4, progressive: true })],
    ['png, interlaced, of 1 × 1', 'image/png', noise(1, 1).png({ progressive: true }), size(1, 1)],
    ['png, interlaced, of 3 × 2', 'image/png', noise(3, 2).png({ progressive: true }), size(3, 2)],
    ['png, large', 'image/png', noise(900, 700).png(), size(900, 700)],
    ['jpeg', 'image/jpeg', picture().jpeg()],
    ['jpeg, progressive', 'image/jpeg', picture().jpeg({ progressive: true })],
    ['jpeg, gray', 'image/jpeg', picture(1).toColourspace('b-w').jpeg()],
    ['jpeg in CMYK', 'image/jpeg', picture().toColourspace('cmyk').jpeg()],
    ['jpeg without subsampling', 'image/jpeg', picture().jpeg({ chromaSubsampling: '4:4:4', quality: 100 })],
    ['jpeg with EXIF and profile', 'image/jpeg', picture().withMetadata({ orientation: 6, icc: 'p3' }).jpeg()],
    ['jpeg, large', 'image/jpeg', noise(1600, 1100).jpeg(), size(1600, 1100)],
    ['gif', 'image/gif', picture().gif()],
    ['gif with transparency', 'image/gif', picture(4).gif()],
    ['gif, animated', 'image/gif', animation(40, 30, 5).gif({ loop: 2, delay: 100 }), size(40, 30, 5)],
    ['gif, interlaced', 'image/gif', picture().gif({ progressive: true })],
    ['webp', 'image/webp', picture().webp()],
    ['webp with alpha', 'image/webp', picture(4).webp()],
    ['webp, lossless', 'image/webp', picture().webp({ lossless: true })],
    ['webp, lossless with alpha', 'image/webp', picture(4).webp({ lossless: true })],
    ['webp with EXIF and profile', 'image/webp', picture().withMetadata({ orientation: 6, icc: 'p3' }).webp()],
    ['webp, animated', 'image/webp', animation(40, 30, 5).webp({ loop: 2, delay: 100 }), size(40, 30, 5)],
    ['webp, animated and lossless', 'image/webp', animation(40, 30, 4).webp({ lossless: true }), size(40, 30, 4)],
    ['webp of 1 × 1', 'image/webp', noise(1, 1).webp(), size(1, 1)],
  ]
  return Promise.all(
    recipes.map(async ([name, media_type, image, dimensions = plain]) => ({ name, media_type, bytes: await image.toBuffer(), frames: 1, ...dimensions })),
  )
}

function size(width: number, height: number, frames = 1) {
  return { width, height, frames }
}
