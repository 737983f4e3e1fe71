import { Buffer } from 'node:buffer'
import { expect, it } from 'vitest'
import { sharp } from '../src/check-image/restricted-sharp.ts'
import { makeSampleImages, noise } from './sample-images.ts'

it.each([
  ['SVG', async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>')],
  ['TIFF', () => noise(10, 10).tiff().toBuffer()],
  ['AVIF', () => noise(10, 10).avif().toBuffer()],
  ['PPM', async () => Buffer.from('P6\n1 1\n255\nabc')],
])('no loader opens %s', async (_format, make) => {
  await expect(sharp(await make()).metadata()).rejects.toThrow('unsupported image format')
})

it('the four formats of messages open', async () => {
  const formats = await Promise.all((await makeSampleImages()).map(async ({ bytes }) => (await sharp(bytes).metadata()).format))
  expect(new Set(formats)).toEqual(new Set(['png', 'jpeg', 'gif', 'webp']))
})
