import { describe, expect, test } from 'vitest'
import { ModelError } from '../../src/models/model-error.ts'
import type { Answer, Fault } from '../protocol/answer.ts'
import { createEgress } from '../../src/egress/egress.ts'
import { createModelProvider } from '../../src/models/create-model-provider.ts'
import { findClosedPort } from '../egress/loopback.ts'
import { callOf, connect, listen, startServerOf, textOf, vendorNames, type VendorName } from '../support/provider-under-test.ts'
import { user } from './sim-call.ts'

const key = 'test-key-that-nobody-may-see'

async function fail(name: VendorName, fault: Fault, { silenceMsMax, says = ['never', ' mind'] }: { silenceMsMax?: number; says?: Answer['says'] } = {}) {
  const server = await startServerOf(name, { key })
  server.queue({ says, fault })
  const heard = await listen(connect(name, server.url, { api_key: key, silenceMsMax }), callOf(name, [user('hello')]))
  expect(heard.chunks.some((chunk) => chunk.type === 'finished')).toBe(false)
  expect(heard.fault).toBeInstanceOf(ModelError)
  return { ...heard, server, error: heard.fault as ModelError }
}

describe.each(vendorNames)('a call of %s', (name) => {
  test.each([
    [400, 'invalid_request', false, 'refuses the request (400): As scripted.'],
    [401, 'invalid_request', false, 'refuses the API key (401)'],
    [403, 'invalid_request', false, 'does not allow this to the API key (403)'],
    [404, 'invalid_request', false, 'does not know the model'],
    [413, 'invalid_request', false, 'too large'],
    [429, 'rate_limited', true, 'too many requests'],
    [500, 'server_error', true, 'failed (500)'],
    [503, 'server_error', true, 'failed (503)'],
    [529, 'server_error', true, 'failed (529)'],
  ] as const)('that is answered with %i is a fault of its own, asked once', async (status, kind, retryable, words) => {
    const { error, server } = await fail(name, { kind: 'status', status })
    expect(error).toMatchObject({ kind, retryable, message: expect.stringContaining(words) })
    expect(server.requests).toHaveLength(1)
  })

  test('that is to wait says for how long, in each form that there is', async () => {
    const wait = async (headers: Record<string, string>) => (await fail(name, { kind: 'status', status: 429, headers })).error.retry_after_ms
    expect(await wait({ 'retry-after': '7' })).toBe(7000)
    expect(await wait({ 'retry-after-ms': '1500', 'retry-after': '2' })).toBe(1500)
    const inAMinute = await wait({ 'retry-after': new Date(Date.now() + 60_000).toUTCString() })
    expect(inAMinute).toBeGreaterThan(55_000)
    expect(inAMinute).toBeLessThanOrEqual(60_000)
    expect(await wait({ 'retry-after': 'soon' })).toBeNull()
  })

  test.each([
    [400, 'prompt is too long: 210000 tokens > 200000 maximum', null, { kind: 'context_too_large', retryable: false, turn_error_code: 'context_too_large' }],
    [400, 'Too much.', 'context_length_exceeded', { kind: 'context_too_large', retryable: false }],
    [429, 'You exceeded your current quota.', 'insufficient_quota', { kind: 'rate_limited', retryable: false }],
  ] as const)('that is answered with %i and "%s" is told from others of its status', async (status, message, code, expected) => {
    const body = JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message, code } })
    const { error } = await fail(name, { kind: 'status', status, headers: { 'content-type': 'application/json' }, body })
    // Anthropic knows no codes: its errors say it in words.
    expect(error).toMatchObject(name === 'anthropic' && code !== null ? { message: expect.stringContaining(message) } : expected)
  })

  test('that is refused never tells the key, whoever repeats it', async () => {
    for (const status of [400, 401, 403, 404, 500]) {
      const { error } = await fail(name, { kind: 'status', status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ type: 'error', error: { type: 'x', message: `no ${key}` } }) })
      expect(error.message).not.toContain(key)
      expect(error.cause).toBeUndefined()
    }
  })

  test('that is answered with a page in place of JSON is told in few words', async () => {
    const { error } = await fail(name, { kind: 'status', status: 502, body: '<html>'.repeat(1000) })
    expect(error).toMatchObject({ kind: 'server_error' })
    expect(error.message.length).toBeLessThan(600)
  })

  test('that is answered with a page as if it were a success is not tried again', async () => {
    const { error } = await fail(name, { kind: 'status', status: 200, body: '<html>Welcome</html>' })
    expect(error).toMatchObject({ kind: 'malformed', retryable: false, message: expect.stringContaining('base_url') })
  })

  test.each([
    ['before it answers', { kind: 'hang' }],
    ['in its answer', { kind: 'stall', afterBytes: 300 }],
  ] as const)('whose server hangs %s fails by its silence', async (_when, fault) => {
    const { error } = await fail(name, fault, { silenceMsMax: 50 })
    expect(error).toMatchObject({ kind: 'timeout', retryable: true })
  })

  test('that thinks for longer than any silence may last is not cut while bytes come', async () => {
    const server = await startServerOf(name)
    server.queue({ says: ['x'.repeat(40)], unitsPerDelta: 1, pace: 25 })
    const { fault, chunks } = await listen(connect(name, server.url, { silenceMsMax: 1_000 }), callOf(name, [user('hello')]))
    expect(fault).toBeUndefined()
    expect(textOf(chunks)).toHaveLength(40)
  })

  test('whose connection is reset, before or in its answer, may be tried again', async () => {
    expect((await fail(name, { kind: 'reset', afterBytes: 0 })).error.retryable).toBe(true)
    expect((await fail(name, { kind: 'reset', afterBytes: 200 })).error).toMatchObject({ kind: 'cut', retryable: true })
  })

  test('to a port that nobody listens on may be tried again, and names no address', async () => {
    const { fault } = await listen(connect(name, `http://127.0.0.1:${await findClosedPort()}/v1`), callOf(name, [user('hello')]))
    expect(fault).toMatchObject({ kind: 'unavailable', retryable: true, message: 'the provider could not be reached (ECONNREFUSED)' })
  })

  test('to a place that the guard refuses is not tried again, and says what opens it', async () => {
    const server = await startServerOf(name)
    const egress = createEgress({ allow: [] })
    const provider = await createModelProvider({ type: name, base_url: server.url.replace('http:', 'https:'), api_key: key }, { fetch: egress.fetch })
    const { fault } = await listen(provider, callOf(name, [user('hello')]))
    expect(fault).toMatchObject({ kind: 'unavailable', retryable: false, message: expect.stringContaining('REPRISE_EGRESS_ALLOW') })
    expect(server.connections).toBe(0)
    await egress.stop()
  })

  test.each([0, 1, 4])('with an event that cannot be read after %i others is malformed', async (afterEvents) => {
    expect((await fail(name, { kind: 'malformed', afterEvents })).error).toMatchObject({ kind: 'malformed', retryable: true })
  })

  test.each([
    ['rate_limit_exceeded', 'rate_limited', true],
    ['server_error', 'server_error', true],
    ['invalid_request_error', 'invalid_request', false],
    ...(name === 'anthropic' ? ([['overloaded_error', 'server_error', true]] as const) : []),
  ] as const)('with the event of the error %s after its 200 is what the event says', async (type, kind, retryable) => {
    for (const afterEvents of [1, 4]) {
      const { error } = await fail(name, { kind: 'error_event', afterEvents, type, message: 'As the vendor says.' })
      expect(error).toMatchObject({ kind, retryable, message: expect.stringContaining('As the vendor says.') })
    }
  })

  test('that is aborted throws the reason, and lets the connection go', async () => {
    const server = await startServerOf(name)
    const reason = new Error('no longer wanted')
    for (const fault of [{ kind: 'hang' }, { kind: 'stall', afterBytes: 600 }] as const) {
      server.queue({ says: ['x'.repeat(500)], fault })
      const abort = new AbortController()
      const heard = listen(connect(name, server.url), callOf(name, [user('hello')]), abort.signal)
      await expect.poll(() => server.requests.length).toBeGreaterThan(0)
      abort.abort(reason)
      expect((await heard).fault).toBe(reason)
    }
  })
})
