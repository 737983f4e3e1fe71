import { connect } from 'node:net'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePng } from './support/make-png.ts'
import { createSession, expectProblem, post, send, textMessage } from './support/requests.ts'
import { sendRaw, writeRequest } from './support/send-raw.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let sessionId: string
let messagesUrl: string
beforeAll(async () => {
  server = await startServer()
  sessionId = (await createSession(server.url)).id
  messagesUrl = `${server.url}/v1/sessions/${sessionId}/messages`
})
/** Whatever was refused, it left nothing behind. */
afterAll(async () => {
  const { rows } = await server.pool.query('SELECT (SELECT count(*)::int FROM messages) AS messages, (SELECT count(*)::int FROM image_blobs) AS images')
  expect(rows).toEqual([{ messages: 0, images: 0 }])
  await server.close()
})

const png = makePng(6, 6)
const base64 = png.toString('base64')
const content = (...parts: unknown[]) => ({ message: { content: parts } })
const image = (part: object) => content({ type: 'image', ...part })
const text = (value: unknown) => ({ type: 'text', text: value })
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

describe('400: the path', () => {
  const digits = '0'.repeat(32)
  it.each([
    ['an id of 31 digits', `sess_${'0'.repeat(31)}`, /expected sess_ followed by 32 lowercase hex digits, got 31/],
    ['the id printed in the documentation', 'sess_01933b5a00007000800000000000001', /got 31 characters/],
    ['upper case', `sess_${'A'.repeat(32)}`, /lowercase hex digits, got "sess_A/],
    ['another prefix', `message_${digits}`, /expected sess_/],
    ['no prefix', digits, /expected sess_/],
    ['SQL', `sess_${digits.slice(5)}'%20OR%201=1`, /expected sess_/],
    ['a path', `sess_..%2f..%2fetc%2fpasswd`, /expected sess_/],
    ['a NUL', `sess_${digits.slice(1)}%00`, /expected sess_/],
    ['200 characters', `sess_${'0'.repeat(200)}`, /got 200 characters/],
  ])('refuses %s before any look-up', async (_what, id, message) => {
    const answer = await post(`${server.url}/v1/sessions/${id}/messages`, textMessage('x'))
    expectProblem(answer, 400, 'invalid_id', 'session_id')
    expect(answer.body.detail).toMatch(/^session_id: Invalid ID format/)
    expect(answer.body.detail).toMatch(message)
  })

  it('refuses a malformed escape', async () => {
    expect(await sendRaw(server.port, writeRequest('GET /v1/sessions/%zz'))).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  })
})

describe('400: the body', () => {
  it.each([
    ['no body', '', 'invalid_request', ''],
    ['null', 'null', 'invalid_request', ''],
    ['no message', {}, 'invalid_request', 'message'],
    ['a role that is not user', { message: { role: 'agent', content: [text('x')] } }, 'invalid_request', 'message.role'],
    ['empty content', content(), 'invalid_request', 'message.content'],
    ['101 parts', content(...Array.from({ length: 101 }, () => text('x'))), 'invalid_request', 'message.content'],
    ['an unknown part type', content({ type: 'audio' }), 'invalid_request', 'message.content[0].type'],
    ['a tool call', content({ type: 'tool_call', id: 'a', name: 'b', arguments: {} }), 'invalid_request', 'message.content[0].type'],
    ['empty text', content(text('')), 'invalid_request', 'message.content[0].text'],
    ['text over 1 MiB', content(text('x'.repeat(1024 * 1024 + 1))), 'invalid_request', 'message.content[0].text'],
    ['both url and base64', image({ url: 'https://example.com/a.png', base64 }), 'invalid_request', 'message.content[0]'],
    ['neither url nor base64', image({}), 'invalid_request', 'message.content[0]'],
    ['an http url', image({ url: 'http://example.com/a.png' }), 'invalid_request', 'message.content[0].url'],
    ['a file url', image({ url: 'file:///etc/passwd' }), 'invalid_request', 'message.content[0].url'],
    ['base64 with whitespace', image({ base64: `${base64.slice(0, 8)}\n${base64.slice(8)}` }), 'invalid_image', 'message.content[0].base64'],
    ['base64 without padding', image({ base64: Buffer.from(png.subarray(0, 4)).toString('base64').replace(/=+$/, '') }), 'invalid_image', 'message.content[0].base64'],
    ['base64 of the url-safe alphabet', image({ base64: png.toString('base64url') }), 'invalid_image', 'message.content[0].base64'],
    ['base64 with a stray character', image({ base64: `${base64.slice(0, -1)}!` }), 'invalid_image', 'message.content[0].base64'],
    ['an SVG declared image/png', image({ base64: btoa('<svg xmlns="http://www.w3.org/2000/svg"/>'), media_type: 'image/png' }), 'invalid_image', 'message.content[0].base64'],
    ['a PDF declared image/png', image({ base64: btoa('%PDF-1.7 '), media_type: 'image/png' }), 'invalid_image', 'message.content[0].base64'],
    ['a page declared image/png', image({ base64: btoa('<!doctype html><p>!'), media_type: 'image/png' }), 'invalid_image', 'message.content[0].base64'],
    ['a PNG declared JPEG', image({ base64, media_type: 'image/jpeg' }), 'invalid_image', 'message.content[0].base64'],
    ['a PNG cut at its last 10 bytes', image({ base64: png.subarray(0, -10).toString('base64') }), 'invalid_image', 'message.content[0].base64'],
    ['an unknown media type', image({ base64, media_type: 'image/tiff' }), 'invalid_request', 'message.content[0].media_type'],
    ['an image id of 31 digits', content({ type: 'image_file', image_id: 'img_01933b5a00007000800000000000001' }), 'invalid_id', 'message.content[0].image_id'],
    ['an unknown image', content(text('x'), { type: 'image_file', image_id: `img_${'0'.repeat(32)}` }), 'unknown_image', 'message.content[1].image_id'],
    ['an unknown model', { ...content(text('x')), controls: { model_id: `model_${'0'.repeat(32)}` } }, 'unknown_model', 'controls.model_id'],
    ['an unknown model in camelCase', { ...content(text('x')), controls: { modelId: `model_${'0'.repeat(32)}` } }, 'unknown_model', 'controls.model_id'],
    ['a model id of 31 digits', { ...content(text('x')), controls: { model_id: 'model_01933b5a00007000800000000000001' } }, 'invalid_id', 'controls.model_id'],
    ['a policy that is not there', { ...content(text('x')), controls: { when_busy: 'ignore' } }, 'invalid_request', 'controls.when_busy'],
    ['metadata over 16 KiB', { ...content(text('x')), metadata: { a: 'x'.repeat(17_000) } }, 'invalid_request', 'metadata'],
    ['51 tags', { ...content(text('x')), tags: Array.from({ length: 51 }, () => 'x') }, 'invalid_request', 'tags'],
    ['a tag of 257 characters', { ...content(text('x')), tags: ['x'.repeat(257)] }, 'invalid_request', 'tags[0]'],
    ['NUL in text', content(text('a\0b')), 'invalid_request', 'message.content[0].text'],
    ['NUL in metadata', { ...content(text('x')), metadata: { a: { b: '\0' } } }, 'invalid_request', 'metadata.a.b'],
    ['NUL in a tag', { ...content(text('x')), tags: ['x', '\0'] }, 'invalid_request', 'tags[1]'],
    ['a lone surrogate in text', content(text('\ud83d')), 'invalid_request', 'message.content[0].text'],
    ['a lone surrogate in a key', { ...content(text('x')), metadata: { '\udc00': 1 } }, 'invalid_request', 'metadata'],
    ['1e400', '{"message":{"content":[{"type":"text","text":"x"}]},"metadata":{"a":1e400}}', 'invalid_request', 'metadata.a'],
    ['__proto__', '{"message":{"content":[{"type":"text","text":"x"}]},"metadata":{"__proto__":{"a":1}}}', 'invalid_request', 'metadata'],
    ['a client_message_id that is no uuid', { ...content(text('x')), client_message_id: 'x' }, 'invalid_request', 'client_message_id'],
  ])('refuses %s', async (_what, body, code, path) => {
    expectProblem(await post(messagesUrl, body), 400, code, path)
  })

  it('refuses 10,000 nested arrays', async () => {
    const answer = await post(messagesUrl, `{"message":{"content":[{"type":"text","text":"x"}]},"metadata":{"a":${nested(10_000)}}}`)
    expect(answer.status, answer.text).toBe(400)
    expect(answer.body.detail).toMatch(/nested deeper than/)
  })

  it.each([['text', 'hello'], ['a truncated object', '{"message":'], ['a trailing comma', '{"message":{},}'], ['NaN', '{"a":NaN}']])('refuses %s as JSON', async (_what, body) => {
    expectProblem(await post(messagesUrl, body), 400, 'invalid_json')
  })

  it('refuses bytes that are not UTF-8', async () => {
    const body = Buffer.from('{"message":{"content":[{"type":"text","text":"\xff"}]}}', 'latin1')
    const answer = await send(messagesUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    expectProblem(answer, 400, 'invalid_json')
  })

  it.each([
    ['a WebP of 34 bytes that unfolds to 16383 × 16383', Buffer.from('UklGRhoAAABXRUJQVlA4TA0AAAAv/v//DwAAAAAAAA==', 'base64')],
    ['a PNG of 50,000 × 50,000', withSize(png, 50_000, 50_000)],
  ])('refuses %s at once', async (_what, bytes) => {
    expectProblem(await post(messagesUrl, image({ base64: bytes.toString('base64') })), 400, 'invalid_image', 'message.content[0].base64')
  })

  it('names the wrong fields of a message all together', async () => {
    const { body } = await post(messagesUrl, { ...content(text(''), text(1)), tags: 'x' })
    expect(body.errors?.map(({ path }) => path)).toEqual(['message.content[0].text', 'message.content[1].text', 'tags'])
  })
})

describe('413', () => {
  it('refuses a body of 100 MB by its declared length, without reading it', async () => {
    const answer = await sendRaw(server.port, writeRequest(`POST /v1/sessions/${sessionId}/messages`, { 'content-type': 'application/json', 'content-length': '100000000' }))
    expect(answer).toMatchObject({ status: 413, body: { code: 'body_too_large' } })
  })

  it('refuses a body of 100 MB of no declared length while it comes', async () => {
    const chunk = Buffer.alloc(1_000_000, 0x20)
    const body = ReadableStream.from(Array.from({ length: 100 }, () => chunk))
    const answer = await send(messagesUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body, duplex: 'half' } as RequestInit)
    expectProblem(answer, 413, 'body_too_large')
  })

  it('takes a body of 30 MB', async () => {
    const parts = Array.from({ length: 30 }, () => text('x'.repeat(1_000_000)))
    const answer = await post(`${server.url}/v1/sessions/sess_${'0'.repeat(32)}/messages`, content(...parts))
    expectProblem(answer, 404, 'session_not_found')
  })
})

describe('415', () => {
  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/octet-stream'])('refuses %s', async (type) => {
    expectProblem(await post(messagesUrl, textMessage('x'), { 'content-type': type }), 415, 'unsupported_media_type')
  })

  it('refuses a content encoding', async () => {
    expectProblem(await post(messagesUrl, textMessage('x'), { 'content-encoding': 'br' }), 415, 'unsupported_encoding')
  })
})

describe('a body that is cut off', () => {
  const head = (length: number) => writeRequest(`POST /v1/sessions/${sessionId}/messages`, { 'content-type': 'application/json', 'content-length': String(length) })

  it('400: is refused when our half of the connection closes', async () => {
    expect(await sendRaw(server.port, `${head(200)}{"message":`, { end: true })).toMatchObject({ status: 400, body: { code: 'body_incomplete' } })
  })

  it('leaves nothing but an ended request when the connection is reset, and the server goes on', async () => {
    const socket = connect(server.port, '127.0.0.1')
    await new Promise<void>((resolve) => socket.write(`${head(200)}{"message":`, () => resolve()))
    socket.resetAndDestroy()
    expect((await send(`${server.url}/healthz`)).status).toBe(200)
  })
})

/** Other dimensions in the header, with the checksum that belongs to them: only the pixels are a lie. */
function withSize(bytes: Buffer, width: number, height: number): Buffer {
  const changed = Buffer.from(bytes)
  changed.writeUInt32BE(width, 16)
  changed.writeUInt32BE(height, 20)
  changed.writeUInt32BE(crc32(changed.subarray(12, 29)), 29)
  return changed
}
