import { seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectProblem, post, send } from './support/requests.ts'
import { sendRaw, writeRequest } from './support/send-raw.ts'
import { startServer, type TestServer } from './support/start-server.ts'

describe('without a key', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(() => server.close())
  const get = (headers: Record<string, string | string[]>, path = '/v1/models') => sendRaw(server.port, writeRequest(`GET ${path}`, headers))

  it.each(['localhost', 'localhost:9000', '127.0.0.1:1', '[::1]', '[::1]:9000', 'reprise.localhost', 'LOCALHOST'])('200: answers to the host %s', async (host) => {
    expect(await get({ host })).toMatchObject({ status: 200 })
  })

  it.each(['example.com', 'localhost.example.com', '127.0.0.1.nip.io', '10.0.0.1', 'localhost@example.com', '', 'notlocalhost'])('403: refuses the foreign host %s, on every route', async (host) => {
    for (const path of ['/v1/models', '/trpc/models.list', '/healthz', '/docs', '/nowhere']) {
      expect(await get({ host }, path)).toMatchObject({ status: 403 })
    }
    expect(await get({ host })).toMatchObject({ body: { code: 'foreign_host' } })
  })

  it('400: refuses two hosts', async () => {
    expect(await get({ host: ['localhost', 'localhost'] })).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  })

  it.each([
    [{ origin: 'https://example.com' }],
    [{ origin: 'null' }],
    [{ origin: 'http://localhost:3000' }],
    [{ 'sec-fetch-site': 'cross-site' }],
  ])('403: refuses what a foreign page sends: %j', async (headers) => {
    expectProblem(await post(`${server.url}/v1/sessions`, {}, headers as Record<string, string>), 403, 'foreign_origin')
  })

  it('200: answers to its own pages, and lets no other page read', async () => {
    const answer = await send(`${server.url}/v1/models`, { headers: { origin: server.url, 'sec-fetch-site': 'same-origin' } })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('200: takes any key', async () => {
    expect((await send(`${server.url}/v1/models`, { headers: { authorization: 'Bearer anything' } })).status).toBe(200)
  })

  it('431: refuses a header value over 8 KiB, and headers over 16 KiB', async () => {
    expect(await get({ 'x-long': 'x'.repeat(9_000) })).toMatchObject({ status: 431, body: { code: 'headers_too_large' } })
    expect(await get({ 'x-long': 'x'.repeat(20_000) })).toMatchObject({ status: 431, body: { code: 'headers_too_large' } })
    // On a connection that has been used before as well.
    await send(`${server.url}/healthz`)
    expectProblem(await send(`${server.url}/healthz`, { headers: { 'x-long': 'x'.repeat(20_000) } }), 431, 'headers_too_large')
  })

  it('400: refuses what is no HTTP', async () => {
    expect(await sendRaw(server.port, 'HELLO\r\n\r\n')).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  })

  it('X-Org-Id may name only the own organization', async () => {
    const url = `${server.url}/v1/models`
    expect((await send(url, { headers: { 'x-org-id': seeded.organization_id } })).status).toBe(200)
    expectProblem(await send(url, { headers: { 'x-org-id': `org_${'1'.repeat(32)}` } }), 403, 'forbidden')
    expectProblem(await send(url, { headers: { 'x-org-id': 'mine' } }), 400, 'invalid_id', 'X-Org-Id')
  })

  it('X-Request-Id is the caller’s where it is sane, else a new one', async () => {
    const idOf = async (given: string) => (await send(`${server.url}/v1/models`, { headers: { 'x-request-id': given } })).headers.get('x-request-id')
    expect(await idOf('my-request.1')).toBe('my-request.1')
    expect(await idOf('a b')).toMatch(/^[0-9a-f-]{36}$/)
    expect(await idOf('x'.repeat(129))).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('with a key', () => {
  const key = 'rp_key_1'
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ access: { api_key: key, cors_origins: ['https://app.example.com'] } })
  })
  afterAll(() => server.close())

  it.each([key, `Bearer ${key}`, `bearer ${key}`])('200: takes %s', async (authorization) => {
    expect((await send(`${server.url}/v1/models`, { headers: { authorization } })).status).toBe(200)
  })

  it.each([undefined, '', 'Bearer', 'wrong', `${key}x`, key.slice(0, -1), `Basic ${key}`])('401: refuses %s', async (authorization) => {
    expectProblem(await send(`${server.url}/v1/models`, { headers: authorization === undefined ? {} : { authorization } }), 401, 'unauthorized')
  })

  it('401: comes before the body, the path and the query are looked at', async () => {
    expectProblem(await post(`${server.url}/v1/sessions/x/messages?wait=maybe`, 'not json'), 401, 'unauthorized')
    const answer = await sendRaw(server.port, writeRequest('POST /v1/sessions', { 'content-type': 'application/json', 'content-length': '100000000' }))
    expect(answer).toMatchObject({ status: 401 })
  })

  it.each(['/healthz', '/readyz', '/openapi.json', '/docs', '/docs/errors'])('200: %s needs no key', async (path) => {
    expect((await send(server.url + path)).status).toBe(200)
  })

  it('lets the pages of named origins call, and no others', async () => {
    const preflight = (origin: string) => send(`${server.url}/v1/sessions`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } })
    const allowed = await preflight('https://app.example.com')
    expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([204, 'https://app.example.com'])
    expect((await preflight('https://example.com')).headers.get('access-control-allow-origin')).toBeNull()
    const stream = await fetch(`${server.url}/v1/sessions/sess_${'0'.repeat(32)}/sse`, { headers: { origin: 'https://app.example.com', authorization: key } })
    expect(stream.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
  })

  it('writes no key into the log', async () => {
    await server.pool.query('ALTER TABLE models RENAME TO models_away')
    expectProblem(await server.responses.provoking(500, () => send(`${server.url}/v1/models`, { headers: { authorization: key } })), 500, 'internal_error')
    await server.pool.query('ALTER TABLE models_away RENAME TO models')
    expect(server.logged.length).toBeGreaterThan(0)
    expect(server.logged.join('')).not.toContain(key)
  })
})
