import type { Image } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePng } from './support/make-png.ts'
import { expectProblem, post, send } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

const png = makePng(320, 160)

async function upload<T>(bytes: Uint8Array<ArrayBuffer> | Buffer, filename = 'a.png', type = 'image/png', field = 'file') {
  const form = new FormData()
  form.set(field, new Blob([new Uint8Array(bytes)], { type }), filename)
  return await send<T>(`${server.url}/v1/images`, { method: 'POST', body: form })
}

async function storeImage(filename?: string): Promise<Image> {
  const answer = await upload<Image>(png, filename)
  expect(answer.status, answer.text).toBe(201)
  return answer.body
}

describe('POST /v1/images', () => {
  it('201: stores the image and says what it is', async () => {
    expect(await storeImage('café.png')).toEqual({
      id: expect.stringMatching(/^img_[0-9a-f]{32}$/),
      filename: 'café.png',
      content_type: 'image/png',
      size_bytes: png.length,
      created_at: expect.stringMatching(/Z$/),
    })
  })

  it('201: takes a file whose type the form does not know', async () => {
    expect((await upload<Image>(png, 'a', 'application/octet-stream')).body).toMatchObject({ content_type: 'image/png' })
  })

  it.each([
    ['a PNG declared JPEG', png, 'image/jpeg'],
    ['an SVG declared PNG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/png'],
    ['a PNG cut at its last 10 bytes', png.subarray(0, -10), 'image/png'],
    ['an empty file', Buffer.alloc(0), 'image/png'],
  ])('400: refuses %s', async (_what, bytes, type) => {
    expectProblem(await upload(bytes, 'a.png', type), 400, 'invalid_image', 'file')
  })

  it('400: refuses a form without the field file', async () => {
    expectProblem(await upload(png, 'a.png', 'image/png', 'image'), 400, 'invalid_request', 'file')
    const form = new FormData()
    form.set('file', 'text')
    expectProblem(await send(`${server.url}/v1/images`, { method: 'POST', body: form }), 400, 'invalid_request', 'file')
  })

  const form = (...lines: string[]) => lines.join('\r\n')
  const disposition = 'Content-Disposition: form-data; name="file"; filename="a.png"'
  it.each([
    ['a form without a boundary', 'multipart/form-data', form('--b', disposition, '', 'x', '--b--')],
    ['another boundary', 'multipart/form-data; boundary=c', form('--b', disposition, '', 'x', '--b--')],
    ['a form that is cut in a header', 'multipart/form-data; boundary=b', form('--b', 'Content-Dispo')],
    ['a form that is cut in the file', 'multipart/form-data; boundary=b', form('--b', disposition, '', 'x')],
    ['an empty body', 'multipart/form-data; boundary=b', ''],
    ['two files', 'multipart/form-data; boundary=b', form('--b', disposition, '', 'x', '--b', disposition, '', 'x', '--b--')],
  ])('400 or 415: refuses %s', async (_what, type, body) => {
    const answer = await send(`${server.url}/v1/images`, { method: 'POST', headers: { 'content-type': type }, body })
    expect([400, 415], answer.text).toContain(answer.status)
    expect(answer.body.code).toMatch(/^(invalid_request|invalid_image|body_incomplete|unsupported_media_type)$/)
  })

  it('413: refuses more than 20 MiB', async () => {
    expectProblem(await upload(Buffer.alloc(20 * 1024 * 1024 + 1)), 413, 'body_too_large')
    expectProblem(await upload(Buffer.alloc(22 * 1024 * 1024)), 413, 'body_too_large')
  })

  it('415: refuses JSON', async () => {
    expectProblem(await post(`${server.url}/v1/images`, {}), 415, 'unsupported_media_type')
  })
})

describe('GET /v1/images/{image_id}', () => {
  it('200: gives the bytes, with nothing left for a browser to guess', async () => {
    const { id } = await storeImage('a"\\;b\u00e9\u{1f600}.png')
    const response = await fetch(`${server.url}/v1/images/${id}`)
    expect(Buffer.from(await response.arrayBuffer()).equals(png)).toBe(true)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'cache-control': expect.stringContaining('private'),
      'x-content-type-options': 'nosniff',
      etag: expect.stringMatching(/^"[0-9a-f]{64}"$/),
      'content-disposition': expect.stringMatching(/^inline; filename="[^"\\]*"; filename\*=UTF-8''[A-Za-z0-9%._-]+$/),
    })
  })

  it('304: answers who has the bytes already', async () => {
    const { id } = await storeImage()
    const { headers } = await fetch(`${server.url}/v1/images/${id}`)
    const answer = await send(`${server.url}/v1/images/${id}`, { headers: { 'if-none-match': headers.get('etag')! } })
    expect([answer.status, answer.text]).toEqual([304, ''])
  })

  it('200: the thumbnail is at most 200 pixels, and another thing than the image', async () => {
    const { id } = await storeImage()
    const response = await fetch(`${server.url}/v1/images/${id}/thumbnail`)
    expect(response.headers.get('content-type')).toBe('image/webp')
    expect(response.headers.get('etag')).toMatch(/-thumbnail"$/)
    expect(Buffer.from(await response.arrayBuffer()).subarray(8, 12).toString()).toBe('WEBP')
  })

  it.each(['', '/thumbnail'])('400, 404: refuses what is no image%s', async (suffix) => {
    expectProblem(await send(`${server.url}/v1/images/img_1${suffix}`), 400, 'invalid_id', 'image_id')
    expectProblem(await send(`${server.url}/v1/images/img_${'0'.repeat(32)}${suffix}`), 404, 'image_not_found')
  })
})
