import { describe, expect, it } from 'vitest'
import { EncodedResult } from '../../src/tools/encoded-result.ts'
import { ToolFault } from '../../src/tools/tool.ts'
import { failureOf, startLoopback } from '../egress/loopback.ts'
import { toolContext } from './tool-context.ts'
import { openWebhook } from './webhook-fixture.ts'

const json = 'application/json'
const html = '<html><body>Not here</body></html>'

async function answerWith(status: number, headers: Record<string, string>, body: string | Buffer = '') {
  const server = await startLoopback(({ response }) => void response.writeHead(status, headers).end(body))
  return openWebhook(server.url).run({}, toolContext())
}

describe('a webhook answer', () => {
  it.each([
    ['JSON', 200, json, '{"seats":[1,2]}', { seats: [1, 2] }],
    ['JSON with a charset', 201, 'Application/JSON; charset=utf-8', '"Zoë"', 'Zoë'],
    ['JSON of a named kind', 200, 'application/vnd.hotel.v2+json', '[]', []],
    ['JSON behind a byte order mark', 200, json, '\uFEFF1', 1],
    ['null', 200, json, 'null', null],
    ['a result alone', 200, json, '{"result":{"id":7}}', { id: 7 }],
    ['a result that is null', 200, json, '{"result":null}', null],
    ['a result beside more', 200, json, '{"result":1,"next":2}', { result: 1, next: 2 }],
    ['an error beside more', 200, json, '{"error":"full","seats":0}', { error: 'full', seats: 0 }],
    ['an error that is no text', 200, json, '{"error":{"code":1}}', { error: { code: 1 } }],
    ['an array of one', 200, json, '["result"]', ['result']],
    ['an empty object', 200, json, '{}', {}],
    ['plain text', 200, 'text/plain; charset=utf-8', 'Done – twice.', 'Done – twice.'],
    ['nothing', 200, json, '', null],
    ['nothing, and no type', 202, '', '', null],
    ['no content', 204, '', '', null],
  ])('of %s is its result', async (_what, status, type, body, result) => {
    expect(await answerWith(status, type === '' ? {} : { 'content-type': type }, body)).toEqual({ ok: true, result })
  })

  it.each([
    ['an error alone', 200, json, '{"error":"No table is free."}', 'No table is free.'],
    ['HTML', 200, 'text/html', html, 'The webhook answered 200, but neither with JSON nor with plain text.'],
    ['bytes', 200, 'application/octet-stream', 'x', 'The webhook answered 200, but neither with JSON nor with plain text.'],
    ['no type', 200, '', 'x', 'The webhook answered 200, but neither with JSON nor with plain text.'],
    ['broken JSON', 200, json, '{"seats":', 'The webhook answered 200, with JSON that cannot be parsed.'],
    ['a redirect', 302, json, '', 'The webhook answered 302: redirects are not followed.'],
    ['a lasting redirect', 308, json, '', 'The webhook answered 308: redirects are not followed.'],
    ['not modified', 304, '', '', 'The webhook answered 304: redirects are not followed.'],
    ['400 with JSON', 400, 'application/problem+json', '{"detail":"seats is missing"}', 'The webhook answered 400. {"detail":"seats is missing"}'],
    ['401', 401, '', '', 'The webhook answered 401.'],
    ['404 with text', 404, 'text/plain', 'no such hotel', 'The webhook answered 404. no such hotel'],
    ['404 with HTML', 404, 'text/html', html, 'The webhook answered 404.'],
    ['409', 409, json, '"taken"', 'The webhook answered 409. "taken"'],
    ['410 with much text', 410, 'text/plain', 'y'.repeat(5000), `The webhook answered 410. ${'y'.repeat(500)}`],
    ['422 with text cut inside a character', 422, 'text/plain', `${'y'.repeat(499)}😀`, `The webhook answered 422. ${'y'.repeat(499)}\uFFFD`],
    ['a status that does not exist', 999, 'text/plain', 'no', 'The webhook answered 999. no'],
  ])('of %s is an error for the model to read', async (_what, status, type, body, error) => {
    const headers = { ...(type === '' ? {} : { 'content-type': type }), ...(status > 300 && status < 400 ? { location: '/elsewhere' } : {}) }
    expect(await answerWith(status, headers, body)).toEqual({ ok: false, error })
  })

  it('is left as it came above 64 KiB, for a thread to parse, and is an error above 64 MiB', async () => {
    for (const [type, form] of [[json, 'json'], ['text/plain', 'text']] as const) {
      const body = Buffer.alloc(65 * 1024, '1')
      const outcome = await answerWith(200, { 'content-type': type }, body)
      const { result } = outcome as { result: EncodedResult } // as asserted next
      expect(result).toBeInstanceOf(EncodedResult)
      expect(body.equals(result.answer.bytes)).toBe(true)
      expect(result.answer).toMatchObject({ form, is_wrapped: true })
    }
    const most = Buffer.alloc(64 * 1024 * 1024 + 1, 'z')
    expect(await answerWith(200, { 'content-type': 'text/plain' }, most)).toEqual({ ok: false, error: 'The webhook answered 200, with more than 67108864 bytes.' })
    expect(await answerWith(400, { 'content-type': 'text/plain' }, most)).toEqual({ ok: false, error: `The webhook answered 400. ${'z'.repeat(500)}` })
  })

  it.each([
    [408, {}, true, null],
    [409, { 'retry-after': '1' }, true, 1000],
    [425, {}, false, null],
    [429, {}, false, null],
    [429, { 'retry-after': '7' }, false, 7000],
    [429, { 'retry-after': 'later' }, false, null],
    [429, { 'retry-after': '9'.repeat(30) }, false, 86_400_000],
    [429, { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT' }, false, 0],
    [500, {}, true, null],
    [502, {}, true, null],
    [503, { 'retry-after': '120' }, true, 120_000],
    [504, {}, true, null],
    [599, {}, true, null],
  ])('of %i with %j is a fault to be tried again', async (status, headers, mayHaveRun, retry_after_ms) => {
    const fault = await failureOf(answerWith(status, headers, 'a page of words'))
    expect(fault).toBeInstanceOf(ToolFault)
    expect(fault).toMatchObject({ message: `the webhook answered ${status}`, retryable: true, mayHaveRun, retry_after_ms })
  })

  it('goes to one request only, wherever it redirects to', async () => {
    const elsewhere = await startLoopback()
    const server = await startLoopback(({ response }) => void response.writeHead(307, { location: elsewhere.url }).end())
    expect(await openWebhook(server.url).run({}, toolContext())).toMatchObject({ ok: false })
    expect([server.received.length, elsewhere.sockets.length]).toEqual([1, 0])
  })
})
