import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Compute, MessageBody } from '../src/index.ts'
import { createCompute } from '../src/index.ts'
import { ballast, bodyOf, bytesOf, organization, pixelBase64, textOf } from './bodies.ts'
import { noise } from './sample-images.ts'

let compute: Compute
beforeAll(() => {
  compute = createCompute({ threads: 2 })
})
afterAll(() => compute.stop())

const text = { type: 'text', text: 'hello' }
const pixel = { type: 'image', base64: pixelBase64 }
const pixelHash = createHash('sha256').update(Buffer.from(pixelBase64, 'base64')).digest('hex')

async function accept(bytes: Uint8Array): Promise<MessageBody> {
  const result = await compute.readMessageBody(bytes, organization)
  if (!result.ok) throw new Error(result.refusal.message)
  return result.value
}

async function refuse(bytes: Uint8Array): Promise<{ code: string; message: string; path?: string }> {
  const result = await compute.readMessageBody(bytes, organization)
  if (result.ok) throw new Error('was accepted')
  return { code: result.refusal.code, message: result.refusal.message, path: result.refusal.errors?.[0]?.path }
}

describe.each([
  ['on the main thread', {}],
  ['on a thread', ballast],
])('a body without inline images, read %s', (_name, members) => {
  it('keeps the caller’s own text of every member', async () => {
    const rest = JSON.stringify(members).slice(1, -1)
    const body = bytesOf(`{ "message": {"content": [ {"type":"text", "text":"h\\u00e9llo"} ]},
      "metadata": {"b": 1.0, "1": 12345678901234567890}, "controls": {"locale" : "fr"}, "tags": [ "a" ], "externalActor": {"actorId":"x"}${rest && `,${rest}`}}`)
    expect(await accept(body)).toMatchObject({
      content_json: '[ {"type":"text", "text":"h\\u00e9llo"} ]',
      metadata_json: '{"b": 1.0, "1": 12345678901234567890}',
      controls_json: '{"locale" : "fr"}',
      tags_json: '[ "a" ]',
      external_actor_json: '{"actorId":"x"}',
      sent_content: null,
      images: [],
      request: { message: { role: 'user', content: [{ type: 'text', text: 'héllo' }] }, controls: { locale: 'fr' } },
    })
  })

  it('gives null for members that are absent or null', async () => {
    expect(await accept(bodyOf([text], { ...members, metadata: null }))).toMatchObject({
      controls_json: null,
      metadata_json: null,
      tags_json: null,
      external_actor_json: null,
    })
  })

  it('hashes the raw bytes', async () => {
    const body = bodyOf([text], members)
    const expected = createHash('sha256').update(body).digest('hex')
    expect((await accept(body)).body_sha256).toBe(expected)
  })

  it('lists the uploaded images that parts name', async () => {
    const image_id = `img_${'0'.repeat(32)}`
    const part = { type: 'image_file', image_id }
    expect((await accept(bodyOf([part, text, part], members))).image_file_ids).toEqual([image_id])
  })

  it('takes the last of two members with one name, as a parser does', async () => {
    const rest = JSON.stringify(members).slice(1, -1)
    const body = bytesOf(`{"metadata":{"a":1},"message":{"content":[]},"message":{"content":[{"type":"text","text":"x"}]},"metadata":{"a":2}${rest && `,${rest}`}}`)
    expect(await accept(body)).toMatchObject({ metadata_json: '{"a":2}', content_json: '[{"type":"text","text":"x"}]' })
  })

  it('passes over a byte order mark', async () => {
    expect(await accept(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bodyOf([text], members)]))).toMatchObject({ content_json: JSON.stringify([text]) })
  })

  it('refuses bytes that are not UTF-8', async () => {
    const body = Buffer.from(bodyOf([text], members))
    body[body.indexOf('hello')] = 0xff
    expect(await refuse(new Uint8Array(body))).toMatchObject({ code: 'invalid_json' })
  })

  it('refuses a body cut off mid-way', async () => {
    expect(await refuse(bodyOf([text], members).slice(0, -5))).toMatchObject({ code: 'invalid_json' })
  })

  it.each([
    ['a NUL in text', [{ type: 'text', text: 'a\0b' }], {}, 'message.content[0].text'],
    ['a lone surrogate in metadata', [text], { metadata: { a: '\ud800' } }, 'metadata.a'],
    ['a NUL in a tag', [text], { tags: ['\0'] }, 'tags[0]'],
    ['empty content', [], {}, 'message.content'],
    ['101 parts', Array.from({ length: 101 }, () => text), {}, 'message.content'],
    ['an unknown part type', [{ type: 'audio' }], {}, 'message.content[0].type'],
    ['both url and base64', [{ ...pixel, url: 'https://example.com/a.png' }], {}, 'message.content[0]'],
    ['neither url nor base64', [{ type: 'image' }], {}, 'message.content[0]'],
  ])('refuses %s and names the field', async (_case, content, more, path) => {
    expect(await refuse(bodyOf(content, { ...more, ...members }))).toMatchObject({ code: 'invalid_request', path })
  })

  it.each([
    ['1e400', '{"message":{"content":[]},"metadata":{"a":1e400}', 'metadata.a'],
    ['__proto__', '{"message":{"content":[]},"metadata":{"__proto__":{"admin":true}}', 'metadata'],
    ['10,000 nested arrays', `{"message":{"content":[]},"metadata":${'['.repeat(10_000)}${']'.repeat(10_000)}`, /^metadata/],
  ])('refuses %s and names the field', async (_case, start, path) => {
    const rest = JSON.stringify(members).slice(1, -1)
    const refusal = await refuse(bytesOf(`${start}${rest && `,${rest}`}}`))
    expect(refusal.code).toBe('invalid_request')
    expect(refusal.path).toMatch(path)
  })
})

describe('an inline image', () => {
  it('is replaced by its reference, and nothing else is changed', async () => {
    const body = bytesOf(`{"message":{"content":[ {"type" : "text","text":"é"}, {"base64": "${pixelBase64}" ,"type":"image"}]}}`)
    const { content_json, sent_content, images, request } = await accept(body)
    const [image] = images
    expect(content_json).toBe(`[ {"type" : "text","text":"é"}, {"base64": "@${image!.image_id};image/png" ,"type":"image"}]`)
    expect(textOf(sent_content)).toBe(`[ {"type" : "text","text":"é"}, {"base64": "${pixelBase64}" ,"type":"image"}]`)
    expect(image).toMatchObject({ media_type: 'image/png', width: 1, height: 1, sha256: pixelHash })
    expect(Buffer.from(image!.bytes).toString('base64')).toBe(pixelBase64)
    expect(request.message.content[1]).toMatchObject({ base64: `@${image!.image_id};image/png` })
  })

  it('has an id made of its organization and its bytes', async () => {
    const { images } = await accept(bodyOf([pixel]))
    const digits = createHash('sha256').update(`${organization.organization_id}:${pixelHash}`).digest('hex').slice(0, 32)
    expect(images.map(({ image_id }) => image_id)).toEqual([`img_${digits}`])
  })

  it('may be a data: url, which keeps what stands before its base64', async () => {
    const { content_json, images } = await accept(bodyOf([{ type: 'image', url: `data:image/png;base64,${pixelBase64}` }]))
    expect(content_json).toBe(`[{"type":"image","url":"data:image/png;base64,@${images[0]!.image_id};image/png"}]`)
  })

  it('is stored once, however often it was sent', async () => {
    const { images, content_json } = await accept(bodyOf([pixel, text, pixel, { type: 'image', url: `data:image/png;base64,${pixelBase64}` }]))
    expect(images).toHaveLength(1)
    expect(content_json.match(/@img_/g)).toHaveLength(3)
  })

  it('leaves an https url alone', async () => {
    const part = { type: 'image', url: 'https://example.com/a.png' }
    expect(await accept(bodyOf([part]))).toMatchObject({ images: [], content_json: JSON.stringify([part]) })
  })

  it('may be large', async () => {
    const jpeg = await noise(1800, 1200).jpeg({ quality: 95 }).toBuffer()
    const body = bodyOf([text, { type: 'image', base64: jpeg.toString('base64'), media_type: 'image/jpeg' }])
    const { images } = await accept(body)
    expect(Buffer.from(images[0]!.bytes).equals(jpeg)).toBe(true)
    // Moved to the thread, not copied.
    expect(body.byteLength).toBe(0)
  })

  const long = Buffer.alloc(60_000).toString('base64')
  it.each([
    ['whitespace', { base64: `${pixelBase64.slice(0, 8)}\n${pixelBase64.slice(8)}` }],
    ['missing padding', { base64: pixelBase64.replace(/=+$/, '') }],
    ['the url-safe alphabet', { base64: pixelBase64.replaceAll('+', '-') }],
    ['a stray character', { base64: `${pixelBase64.slice(0, 7)}$${pixelBase64.slice(8)}` }],
    ['nothing', { base64: '' }],
    ['zeros instead of an image', { base64: long }],
    ['another type than the declared one', { base64: pixelBase64, media_type: 'image/jpeg' }],
  ])('is refused with %s in base64', async (_case, part) => {
    expect(await refuse(bodyOf([text, { type: 'image', ...part }]))).toMatchObject({ code: 'invalid_image', path: 'message.content[1].base64' })
  })

  it.each([
    ['another type than the url says', { url: `data:image/gif;base64,${pixelBase64}` }],
    ['a media_type that the url contradicts', { url: `data:image/png;base64,${pixelBase64}`, media_type: 'image/gif' }],
    ['an unknown type', { url: `data:image/svg+xml;base64,${pixelBase64}` }],
    ['parameters', { url: `data:image/png;charset=utf-8;base64,${pixelBase64}` }],
    ['no base64', { url: 'data:image/png,abc' }],
  ])('is refused with %s in a data: url', async (_case, part) => {
    expect(await refuse(bodyOf([{ type: 'image', ...part }]))).toMatchObject({ code: 'invalid_image', path: 'message.content[0].url' })
  })

  it('is refused by its own field when the same bytes were right before', async () => {
    expect(await refuse(bodyOf([pixel, { ...pixel, media_type: 'image/webp' }]))).toMatchObject({ path: 'message.content[1].base64' })
  })
})

describe('a body that would fill a thread’s heap', () => {
  it('is refused before it is parsed', async () => {
    const body = bytesOf(`{"message":{"content":[]},"metadata":[${'[],'.repeat(10_000_000)}0]}`)
    expect(await refuse(body)).toEqual({ code: 'invalid_request', message: 'The body holds too many values' })
  })

  it('is refused above 32 MiB', async () => {
    expect(await refuse(new Uint8Array(32 * 1024 * 1024 + 1))).toMatchObject({ code: 'body_too_large' })
  })
})

describe('readJsonBody', () => {
  it.each([
    ['small', {}],
    ['large', ballast],
  ])('parses a %s body and checks nothing else', async (_size, members) => {
    expect(await compute.readJsonBody(bytesOf(JSON.stringify({ role: 'any', ...members })))).toEqual({ ok: true, value: { role: 'any', ...members } })
  })

  it('takes an empty body as none', async () => {
    expect(await compute.readJsonBody(new Uint8Array())).toEqual({ ok: true, value: undefined })
  })
})
