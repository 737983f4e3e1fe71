import { Buffer } from 'node:buffer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import sharp from 'sharp'
import type { Compute } from '../src/index.ts'
import { createCompute } from '../src/index.ts'
import type { SampleImage } from './sample-images.ts'
import { makeSampleImages, noise } from './sample-images.ts'

let compute: Compute
let samples: SampleImage[]

beforeAll(async () => {
  compute = createCompute({ threads: 2, queueMax: 10_000 })
  samples = await makeSampleImages()
})
afterAll(() => compute.stop())

/** The refusal's message, or `accepted`. */
async function judge(bytes: Uint8Array, declared?: string): Promise<string> {
  const result = await compute.checkImage(new Uint8Array(bytes), { declared_media_type: declared })
  if (result.ok) return 'accepted'
  expect(result.refusal.code).toBe('invalid_image')
  return result.refusal.message
}

function sample(name: string): Buffer {
  return samples.find((image) => image.name === name)!.bytes
}

describe('a valid image', () => {
  it('is accepted in every format, with its size and its number of frames', async () => {
    const found = await Promise.all(
      samples.map(async ({ name, media_type, bytes }) => {
        const result = await compute.checkImage(new Uint8Array(bytes), { declared_media_type: media_type })
        if (!result.ok) return { name, refused: result.refusal.message }
        const { width, height, frames } = result.value
        return { name, media_type: result.value.media_type, width, height, frames, bytes: Buffer.from(result.value.bytes) }
      }),
    )
    expect(found).toEqual(samples)
  })

  it('has a thumbnail of at most 200 pixels, turned upright', async () => {
    const turned = await noise(600, 300).withMetadata({ orientation: 6 }).jpeg().toBuffer()
    const result = await compute.checkImage(new Uint8Array(turned))
    if (!result.ok) throw new Error(result.refusal.message)
    expect(result.value).toMatchObject({ width: 600, height: 300, thumbnail_media_type: 'image/webp' })
    expect(await sharp(result.value.thumbnail).metadata()).toMatchObject({ format: 'webp', width: 100, height: 200 })
  })

  it('may be a JPEG with bytes after its end, as cameras write', async () => {
    expect(await judge(Buffer.concat([sample('jpeg'), Buffer.from('a preview')]))).toBe('accepted')
  })

  it('may be a JPEG whose scan header some phones write oddly', async () => {
    const jpeg = Buffer.from(sample('jpeg, large'))
    const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]))
    const lastCoefficient = scan + 5 + jpeg[scan + 4]! * 2 + 1
    expect(jpeg[lastCoefficient]).toBe(63)
    jpeg[lastCoefficient] = 0
    expect(await judge(jpeg)).toBe('accepted')
  })

  it('may be a GIF padded with zero bytes', async () => {
    expect(await judge(Buffer.concat([sample('gif'), Buffer.alloc(2)]))).toBe('accepted')
  })
})

describe('an incomplete image', () => {
  it('is refused wherever it is cut', async () => {
    const accepted: string[] = []
    for (const { name, bytes } of samples) {
      const ends = new Set([...Array.from({ length: 12 }, (_, index) => index + 1), ...Array.from({ length: 19 }, (_, index) => Math.ceil((bytes.length * (index + 1)) / 20))])
      for (const missing of ends) {
        if (missing < bytes.length && (await judge(bytes.subarray(0, -missing))) === 'accepted') accepted.push(`${name} without its last ${missing} bytes`)
      }
    }
    expect(accepted).toEqual([])
  }, 60_000)

  it('is refused as a PNG without its last 10 bytes', async () => {
    expect(await judge(sample('png').subarray(0, -10), 'image/png')).toBe('is cut off')
  })

  it('is refused as a JPEG with an end marker after half its data', async () => {
    const jpeg = sample('jpeg, large')
    expect(await judge(Buffer.concat([jpeg.subarray(0, jpeg.length / 2), Buffer.from([0xff, 0xd9])]))).toBe('cannot be decoded')
  })

  it('is refused as a GIF with a trailer after its first data', async () => {
    // A frame of 2 × 2 pixels, with the data of one.
    const gif = Buffer.from('474946383961020002000000002c00000000020002000002024401003b', 'hex')
    expect(await judge(gif)).toBe('has damaged or incomplete image data')
  })

  it.each(['webp', 'webp, lossless'])('is refused as a %s cut in half with its sizes mended', async (name) => {
    const webp = sample(name)
    const half = Buffer.from(webp.subarray(0, (webp.length >> 2) * 2))
    half.writeUInt32LE(half.length - 8, 4)
    half.writeUInt32LE(half.length - 20, 16)
    expect(await judge(half)).toBe('cannot be decoded')
  })
})

describe('a damaged PNG', () => {
  it('is refused whichever byte is changed', async () => {
    const png = sample('png')
    const accepted: number[] = []
    for (let at = 0; at < png.length; at += 37) {
      const flipped = Buffer.from(png)
      flipped[at]! ^= 1 << at % 8
      if ((await judge(flipped)) === 'accepted') accepted.push(at)
    }
    expect(accepted).toEqual([])
  })

  it('is refused with data after its end', async () => {
    expect(await judge(Buffer.concat([sample('png'), sample('png')]))).not.toBe('accepted')
  })
})

describe('a file that is not what it is declared as', () => {
  it.each([
    ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>'],
    ['a PDF', '%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF'],
    ['an HTML page', '<!doctype html><script>alert(1)</script>'],
    ['nothing', ''],
    ['the start of a PNG', '\x89PNG\r\n\x1a\n'],
  ])('is refused: %s declared image/png', async (_name, text) => {
    expect(await judge(Buffer.from(text, 'latin1'), 'image/png')).not.toBe('accepted')
  })

  it('is refused: a JPEG declared image/png', async () => {
    expect(await judge(sample('jpeg'), 'image/png')).toBe('is declared as image/png, but its bytes are image/jpeg')
  })

  it('is refused: a PNG declared image/svg+xml', async () => {
    expect(await judge(sample('png'), 'image/svg+xml')).toContain('is declared as a type other than')
  })
})
