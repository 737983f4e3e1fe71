import { Buffer } from 'node:buffer'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Compute } from '../src/index.ts'
import { createCompute } from '../src/index.ts'
import { buildGif, buildPng, buildWebp } from './build-images.ts'
import { noise } from './sample-images.ts'

let compute: Compute

beforeAll(async () => {
  compute = createCompute({ threads: 1 })
  // The first image on a thread pays for its start.
  await compute.checkImage(new Uint8Array(await noise(8, 8).png().toBuffer()))
})
afterAll(() => compute.stop())

it.each([
  ['a WebP of 34 bytes and 16383 × 16383 pixels', () => buildWebp(16_383, 16_383), 'megapixels'],
  ['a PNG of 50,000 × 50,000 pixels', () => buildPng(50_000, 50_000, Buffer.alloc(50_000 * 6_251)), 'megapixels'],
  ['a PNG whose data inflates to 500 MB', () => buildPng(100, 100, Buffer.alloc(500_000_000)), 'damaged'],
  ['a GIF of 10,000 frames', () => buildGif(300, 300, 10_000), 'megapixels'],
  ['a GIF of 10,000 frames of one pixel', () => buildGif(1, 1, 10_000), 'frames'],
])('%s is refused in under 50 ms with memory flat', async (_name, make, reason) => {
  const bytes = new Uint8Array(make())
  const rssBefore = process.memoryUsage().rss
  const startedAt = performance.now()
  const result = await compute.checkImage(bytes)
  const tookMs = performance.now() - startedAt
  expect(result).toMatchObject({ ok: false, refusal: { code: 'invalid_image', message: expect.stringContaining(reason) } })
  expect(tookMs).toBeLessThan(50)
  expect(process.memoryUsage().rss - rssBefore).toBeLessThan(30_000_000)
})

it('the same small files are accepted with sizes within the limits', async () => {
  expect(await compute.checkImage(new Uint8Array(buildGif(1, 1, 3)))).toMatchObject({ ok: true, value: { frames: 3 } })
  expect(await compute.checkImage(new Uint8Array(buildPng(64, 3, Buffer.alloc(9 * 3))))).toMatchObject({ ok: true, value: { width: 64, height: 3 } })
})
