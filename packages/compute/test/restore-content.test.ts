import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Compute } from '../src/index.ts'
import { createCompute } from '../src/index.ts'
import { bytesOf, organization, pixelBase64, textOf } from './bodies.ts'
import { noise } from './sample-images.ts'

let compute: Compute
beforeAll(() => {
  compute = createCompute({ threads: 1 })
})
afterAll(() => compute.stop())

/** What is stored of a content text, and what comes back for it. */
async function storeAndRestore(content: string) {
  const read = await compute.readMessageBody(bytesOf(`{"message":{"content":${content}}}`), organization)
  if (!read.ok) throw new Error(read.refusal.message)
  const { content_json, images } = read.value
  const restored = await compute.restoreContent(content_json, new Map(images.map(({ image_id, bytes }) => [image_id, bytes])))
  if (!restored.ok) throw new Error(restored.refusal.message)
  return { content_json, restored: textOf(restored.value) }
}

it('gives the very text that was sent', async () => {
  const content = `[ {"type":"text","text":"@img \\u00e9 漢"} ,{"base64":"${pixelBase64}","type":"image", "x":1.0},{"type":"image","url":"data:image/png;base64,${pixelBase64}"}]`
  const { content_json, restored } = await storeAndRestore(content)
  expect(restored).toBe(content)
  expect(content_json).not.toContain(pixelBase64)
})

it.each([
  ['PHP, a slash', (base64: string) => base64.replaceAll('/', '\\/')],
  ['.NET, a plus', (base64: string) => base64.replaceAll('+', '\\u002B')],
  ['Gson, an equals sign', (base64: string) => base64.replaceAll('=', '\\u003d')],
  ['a cautious writer, all three', (base64: string) => base64.replaceAll('/', '\\u002F').replaceAll('+', '\\u002b').replaceAll('=', '\\u003D')],
])('keeps the escapes of %s', async (_writer, escape) => {
  // Long enough to have every character of base64, and of a length that needs padding.
  let bytes = await noise(60, 60).png().toBuffer()
  for (let width = 61; bytes.length % 3 === 0; width++) bytes = await noise(width, 60).png().toBuffer()
  const content = `[{"type":"image","base64":"${escape(bytes.toString('base64'))}"},{"type":"image","url":"data:image\\/png;base64,${escape(bytes.toString('base64'))}"}]`
  const { content_json, restored } = await storeAndRestore(content)
  expect(restored).toBe(content)
  expect(content_json.length).toBeLessThan(300)
})

it('refuses base64 in which one character is written in two ways, since it could not be given back', async () => {
  const base64 = (await noise(60, 60).png().toBuffer()).toString('base64')
  expect(base64.split('/').length).toBeGreaterThan(2)
  const mixed = base64.replace('/', '\\/')
  const result = await compute.readMessageBody(bytesOf(`{"message":{"content":[{"type":"image","base64":"${mixed}"}]}}`), organization)
  expect(result).toMatchObject({ ok: false, refusal: { code: 'invalid_image', errors: [{ path: 'message.content[0].base64' }] } })
})

it('works on a thread for a large image, and moves its bytes', async () => {
  const jpeg = await noise(600, 600).jpeg({ quality: 95 }).toBuffer()
  const content = `[{"type":"image","base64":"${jpeg.toString('base64')}"}]`
  expect((await storeAndRestore(content)).restored).toBe(content)
})

it('says which image is missing', async () => {
  const image_id = `img_${'a'.repeat(32)}`
  const result = await compute.restoreContent(`[{"type":"image","base64":"@${image_id};image/png"}]`, new Map())
  expect(result).toMatchObject({ ok: false, refusal: { code: 'task_failed', message: expect.stringContaining(image_id) } })
})
