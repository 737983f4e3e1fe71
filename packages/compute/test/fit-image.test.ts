import { Buffer } from 'node:buffer'
import { setImmediate } from 'node:timers/promises'
import { imageMediaTypes, limits, type ImageMediaType } from '@reprise/contract'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Compute, FittedImage, ImageBounds } from '../src/index.ts'
import { createCompute } from '../src/index.ts'
import { makeSampleImages, noise, type SampleImage } from './sample-images.ts'

let compute: Compute
let samples: SampleImage[]

beforeAll(async () => {
  compute = createCompute({ threads: 1, queueMax: 1_000 })
  samples = await makeSampleImages()
})
afterAll(() => compute.stop())

const everything: ImageBounds = { mediaTypes: imageMediaTypes, bytesMax: limits.imageBytesMax, edgePixelsMax: Infinity }

async function fit(bytes: Uint8Array, changes: Partial<ImageBounds>): Promise<FittedImage> {
  const result = await compute.fitImage(new Uint8Array(bytes), { bounds: { ...everything, ...changes } })
  if (!result.ok) throw new Error(result.refusal.message)
  return result.value
}

/** What a decoder finds in it, and how many bytes it has. */
async function look({ media_type, base64 }: FittedImage) {
  const bytes = Buffer.from(base64, 'base64')
  const { format, width, height, hasAlpha, pages = 1 } = await sharp(bytes, { animated: true }).metadata()
  expect(`image/${format}`).toBe(media_type)
  return { media_type, width, height, hasAlpha, pages, bytes }
}

function sample(name: string): Buffer {
  return samples.find((image) => image.name === name)!.bytes
}

/** The color of the upper left pixel. */
async function corner(bytes: Buffer): Promise<number[]> {
  return [...(await sharp(bytes).toColourspace('srgb').extract({ left: 0, top: 0, width: 1, height: 1 }).raw().toBuffer())]
}

describe('an image that fits', () => {
  it('is passed on byte for byte, whatever its type, also when it is animated', async () => {
    for (const { media_type, bytes, width, height } of samples) {
      const edgePixelsMax = Math.max(width, height)
      expect(await fit(bytes, { edgePixelsMax, bytesMax: bytes.length })).toEqual({ media_type, base64: bytes.toString('base64') })
    }
  })
})

describe('an image that is larger', () => {
  it('is scaled down to the longer edge, and keeps its proportions', async () => {
    for (const { name, bytes, width, height } of samples.filter((image) => image.width > 20)) {
      const isTurned = name.includes('EXIF')
      const [wide, high] = isTurned ? [height, width] : [width, height]
      const scale = 20 / Math.max(wide, high)
      const fitted = await look(await fit(bytes, { edgePixelsMax: 20 }))
      expect({ name, width: fitted.width, height: fitted.height, pages: fitted.pages }).toEqual({ name, width: Math.round(wide * scale), height: Math.round(high * scale), pages: 1 })
    }
  })

  it('stays a PNG where it has transparency, and is a JPEG where it has none', async () => {
    expect(await look(await fit(sample('png with alpha'), { edgePixelsMax: 20 }))).toMatchObject({ media_type: 'image/png', hasAlpha: true })
    expect(await look(await fit(sample('webp with alpha'), { edgePixelsMax: 20 }))).toMatchObject({ media_type: 'image/png', hasAlpha: true })
    expect(await look(await fit(sample('png'), { edgePixelsMax: 20 }))).toMatchObject({ media_type: 'image/jpeg', hasAlpha: false })
  })

  it('loses quality, then size, until its bytes fit', async () => {
    const photo = await noise(900, 700).jpeg({ quality: 95 }).toBuffer()
    const atLowerQuality = await look(await fit(photo, { bytesMax: Math.floor(photo.length * 0.5) }))
    expect(atLowerQuality).toMatchObject({ media_type: 'image/jpeg', width: 900, height: 700 })
    expect(atLowerQuality.bytes.length).toBeLessThanOrEqual(photo.length * 0.5)
    const smaller = await look(await fit(photo, { bytesMax: 20_000 }))
    expect(smaller.bytes.length).toBeLessThanOrEqual(20_000)
    expect(smaller.width).toBeLessThan(900)
    // It is not made much smaller than it must be.
    expect(smaller.bytes.length).toBeGreaterThan(10_000)
    expect(smaller.width / smaller.height).toBeCloseTo(900 / 700, 1)
  })

  it('with transparency keeps it as WebP where a PNG is too large, and loses it to white where only JPEG is left', async () => {
    const clear = await sharp({ create: { width: 300, height: 300, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .composite([{ input: await noise(200, 200).png().toBuffer(), left: 50, top: 50 }])
      .png()
      .toBuffer()
    expect(await look(await fit(clear, { bytesMax: 60_000 }))).toMatchObject({ media_type: 'image/webp', hasAlpha: true, width: 300 })
    const flat = await look(await fit(clear, { bytesMax: 60_000, mediaTypes: ['image/png', 'image/jpeg'] }))
    expect(flat).toMatchObject({ media_type: 'image/jpeg', hasAlpha: false })
    expect((await corner(flat.bytes)).every((value) => value > 245)).toBe(true)
  })

  it('is upright afterwards', async () => {
    const turned = await noise(600, 300).withMetadata({ orientation: 6 }).jpeg().toBuffer()
    expect(await look(await fit(turned, { edgePixelsMax: 100 }))).toMatchObject({ width: 50, height: 100 })
  })

  it('of any depth and color space is one that every vendor can show', async () => {
    for (const name of ['png of 16 bits', 'jpeg in CMYK', 'png, gray', 'png, gray with alpha']) {
      const before = sample(name)
      const fitted = await look(await fit(before, { edgePixelsMax: 60 }))
      const { space, depth } = await sharp(fitted.bytes).metadata()
      expect({ name, depth, isPlain: space === 'srgb' || space === 'b-w' }).toEqual({ name, depth: 'uchar', isPlain: true })
    }
  })
})

describe('a type that a vendor does not take', () => {
  const withoutGif: ImageMediaType[] = ['image/png', 'image/jpeg', 'image/webp']

  it('is encoded anew at full size: a GIF, of which the first frame is shown', async () => {
    const red = { r: 250, g: 10, b: 10 }
    const frames = await Promise.all([red, { r: 10, g: 10, b: 250 }].map((background) => sharp({ create: { width: 40, height: 30, channels: 3, background } }).png().toBuffer()))
    const animated = await sharp(frames, { join: { animated: true } }).gif().toBuffer()
    expect((await sharp(animated, { animated: true }).metadata()).pages).toBe(2)
    const fitted = await look(await fit(animated, { mediaTypes: withoutGif }))
    expect(fitted).toMatchObject({ media_type: 'image/png', width: 40, height: 30, pages: 1 })
    const [r, g, b] = await corner(fitted.bytes)
    expect(r! > 200 && g! < 60 && b! < 60).toBe(true)
  })

  it.each(withoutGif)('becomes %s where that is all it takes', async (only) => {
    for (const { name, bytes, width, height } of samples.filter((image) => !image.name.includes('EXIF') && image.media_type !== only)) {
      const fitted = await look(await fit(bytes, { mediaTypes: [only] }))
      expect({ name, media_type: fitted.media_type, width: fitted.width, height: fitted.height }).toEqual({ name, media_type: only, width, height })
    }
  })
})

describe('what cannot be fitted', () => {
  it('is refused: no image, and a vendor that takes none or too few bytes', async () => {
    const refusalOf = async (bytes: Uint8Array, changes: Partial<ImageBounds>) => {
      const result = await compute.fitImage(new Uint8Array(bytes), { bounds: { ...everything, ...changes } })
      return result.ok ? 'fitted' : result.refusal
    }
    expect(await refusalOf(Buffer.from('<html>'), {})).toEqual({ code: 'invalid_image', message: 'is not a PNG, JPEG, GIF or WebP image' })
    expect(await refusalOf(sample('png').subarray(0, 40), { edgePixelsMax: 1 })).toMatchObject({ code: 'invalid_image' })
    expect(await refusalOf(sample('png'), { mediaTypes: [] })).toMatchObject({ code: 'invalid_image' })
    expect(await refusalOf(sample('png, large'), { bytesMax: 10 })).toMatchObject({ code: 'invalid_image' })
  })

  it('ends when its caller gives up, and the thread goes on to the next', async () => {
    const large = await noise(2_000, 2_000, 4).png({ compressionLevel: 0 }).toBuffer()
    const caller = new AbortController()
    const fitting = compute.fitImage(new Uint8Array(large), { bounds: { ...everything, bytesMax: 1_000_000 }, signal: caller.signal })
    await setImmediate()
    caller.abort(new Error('the turn was cancelled'))
    await expect(fitting).rejects.toThrow('the turn was cancelled')
    expect(await fit(sample('jpeg'), {})).toMatchObject({ media_type: 'image/jpeg' })
  })

  it('ends at the time limit', async () => {
    const hasty = createCompute({ threads: 1, taskTimeoutMs: 1_000 })
    try {
      await hasty.fitImage(new Uint8Array(sample('jpeg')), { bounds: everything })
      const large = await noise(3_000, 3_000, 4).png({ compressionLevel: 0 }).toBuffer()
      const result = await hasty.fitImage(new Uint8Array(large), { bounds: { ...everything, bytesMax: 100_000 } })
      expect(result).toMatchObject({ ok: false, refusal: { code: 'task_failed', message: expect.stringContaining('longer than 1 seconds') } })
    } finally {
      await hasty.stop()
    }
  }, 30_000)
})

it('the largest images there may be are fitted, with and without transparency, to about what may be sent', async () => {
  const patient = createCompute({ threads: 1, taskTimeoutMs: 300_000 })
  try {
    const bounds = { ...everything, bytesMax: 1_500_000, edgePixelsMax: 8_000 }
    for (const largest of [noise(6_300, 6_300, 3).jpeg({ quality: 70 }), noise(1_200, 1_200, 4).png({ compressionLevel: 0 })]) {
      const result = await patient.fitImage(new Uint8Array(await largest.toBuffer()), { bounds })
      if (!result.ok) throw new Error(result.refusal.message)
      const fitted = await look(result.value)
      expect(fitted.bytes.length).toBeLessThanOrEqual(bounds.bytesMax)
      expect(fitted.bytes.length).toBeGreaterThan(bounds.bytesMax / 2)
    }
  } finally {
    await patient.stop()
  }
}, 120_000)
