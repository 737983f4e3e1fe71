import { Buffer } from 'node:buffer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Compute, ProcessedToolResult } from '../src/index.ts'
import { createCompute } from '../src/index.ts'
import { noise } from './sample-images.ts'

let compute: Compute
let png: string
let jpeg: string
beforeAll(async () => {
  compute = createCompute({ threads: 1 })
  png = (await noise(20, 10).png().toBuffer()).toString('base64')
  jpeg = (await noise(30, 10).jpeg().toBuffer()).toString('base64')
})
afterAll(() => compute.stop())

async function process(value: unknown): Promise<ProcessedToolResult> {
  const result = await compute.processToolResult(value, { organization_id: 'org_1' })
  if (!result.ok) throw new Error(result.refusal.message)
  return result.value
}

describe('an image in a result', () => {
  it.each([
    ['as MCP writes it', () => ({ type: 'image', data: png, mimeType: 'image/png', annotations: {} })],
    ['as Anthropic writes it', () => ({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } })],
    ['as OpenAI writes it', () => ({ type: 'image_url', image_url: { url: `data:image/png;base64,${png}`, detail: 'low' } })],
    ['as an url alone', () => ({ type: 'image_url', image_url: `data:image/png;base64,${png}` })],
    ['as a text', () => `data:image/png;base64,${png}`],
    ['in lines', () => ({ type: 'image', data: png.replace(/.{76}/g, '$&\n'), mimeType: 'image/png' })],
  ])('is taken out, wherever it stands: %s', async (_name, make) => {
    for (const put of [(image: unknown) => image, (image: unknown) => ({ content: [[{ deep: image }], 'and words'] }), (image: unknown) => [image, 'x'.repeat(100_000)]]) {
      const { value, images } = await process(put(make()))
      expect(JSON.stringify(value)).toBe(JSON.stringify(put({ type: 'image', image: 1 })))
      expect(images).toMatchObject([{ image_id: expect.stringMatching(/^img_[0-9a-f]{32}$/), media_type: 'image/png', width: 20, height: 10 }])
      expect(Buffer.from(images[0]!.bytes).toString('base64')).toBe(png)
    }
  })

  it('is stored once however often it stands there, and numbered by its first place', async () => {
    const [first, second] = [{ type: 'image', data: jpeg, mimeType: 'image/jpg' }, { type: 'image', data: png, mimeType: 'image/png' }]
    const { value, images } = await process([first, second, `data:image/jpeg;base64,${jpeg}`])
    expect(value).toEqual([{ type: 'image', image: 1 }, { type: 'image', image: 2 }, { type: 'image', image: 1 }])
    expect(images.map(({ media_type }) => media_type)).toEqual(['image/jpeg', 'image/png'])
  })

  it('that is none becomes a few words', async () => {
    const bad = (data: string, mimeType = 'image/png') => ({ type: 'image', data, mimeType })
    const { value, images } = await process([bad('%%%'), bad('bm9uZQ=='), bad(png.slice(0, 80)), bad(png, 'image/gif'), bad('PHN2Zy8+', 'image/svg+xml')])
    expect(images).toEqual([])
    expect(value).toEqual([
      '[an image was left out: it is not base64]',
      '[an image was left out: it is not a PNG, JPEG, GIF or WebP image]',
      expect.stringMatching(/^\[an image was left out: it /),
      '[an image was left out: it is declared as image/gif, but its bytes are image/png]',
      '[an image was left out: it is not a PNG, JPEG, GIF or WebP image]',
    ])
  })

  it('is left out when there are more than twenty', async () => {
    const { value, images } = await process(Array.from({ length: 22 }, () => `data:image/png;base64,${png}`))
    expect(images).toHaveLength(1)
    expect((value as unknown[]).slice(19)).toEqual([{ type: 'image', image: 1 }, ...Array<string>(2).fill('[an image was left out: a result may hold 20]')])
  })

  it('is not seen in what only looks like one', async () => {
    const value = [{ type: 'image', url: 'https://example.org/a.png' }, { type: 'image', data: [1] }, 'data:text/plain;base64,YQ==', `see data:image/png;base64,${png}`, { type: 'image', source: { type: 'url', url: 'x' } }]
    expect(await process(value)).toMatchObject({ value, images: [] })
  })
})
