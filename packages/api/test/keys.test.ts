import type { KeyWithSecret, Key } from '@reprise/contract'
import { hashSecret, seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { actAs, type Actor } from './support/act-as.ts'
import { makeKey, makeOrganization } from './support/make-keys.ts'
import { expectProblem, send } from './support/requests.ts'
import { sendRaw, writeRequest } from './support/send-raw.ts'
import { startServer, type TestServer } from './support/start-server.ts'

const operatorKey = 'the-operator'
let server: TestServer
let operator: Actor
beforeAll(async () => {
  server = await startServer({ access: { api_key: operatorKey, cors_origins: [] } })
  operator = actAs(server.url, operatorKey)
})
afterAll(() => server.close())

async function create(settings: object = {}): Promise<KeyWithSecret> {
  const answer = await operator.post<KeyWithSecret>('/v1/keys', { name: 'Deployment', ...settings })
  expect(answer.status, answer.text).toBe(201)
  return answer.body
}

describe('POST /v1/keys', () => {
  it('201: answers with a key that opens the server, this once, and stores its hash alone', async () => {
    const { secret, ...key } = await create({ scopes: ['read'], requests_per_minute: 60, expires_at: '2999-01-01T00:00:00+01:00' })
    expect(secret).toMatch(/^rk_[0-9A-Za-z]{8}_[0-9A-Za-z]{43}$/)
    expect(key).toMatchObject({ name: 'Deployment', scopes: ['read'], requests_per_minute: 60, expires_at: '2998-12-31T23:00:00.000Z', revoked_at: null, last_used_at: null, prefix: secret.slice(0, 11) })
    expect((await actAs(server.url, secret).get('/v1/models')).status).toBe(200)
    expect((await actAs(server.url, `Bearer ${secret}`).get('/v1/models')).status).toBe(200)

    const answers = [await operator.get(`/v1/keys/${key.id}`), await operator.get('/v1/keys')]
    for (const { text } of answers) expect(text).not.toContain(secret)
    const { rows } = await server.pool.query('SELECT * FROM api_keys WHERE id = $1', [key.id])
    expect(JSON.stringify(rows)).not.toContain(secret.slice(12))
    expect(rows[0].secret_sha256).toBe(hashSecret(secret))
  })

  it('201: reads and writes, for ever and without a limit, where nothing else is said', async () => {
    expect(await create()).toMatchObject({ scopes: ['read', 'write'], expires_at: null, requests_per_minute: null })
  })

  it.each([
    ['no body', undefined, ''],
    ['no name', {}, 'name'],
    ['an empty name', { name: '' }, 'name'],
    ['a name of spaces', { name: '  ' }, 'name'],
    ['a name that is too long', { name: 'x'.repeat(129) }, 'name'],
    ['NUL in a name', { name: 'a\0b' }, 'name'],
    ['no scope', { name: 'x', scopes: [] }, 'scopes'],
    ['an unknown scope', { name: 'x', scopes: ['root'] }, 'scopes[0]'],
    ['a scope that is no list', { name: 'x', scopes: 'read' }, 'scopes'],
    ['an expiry in the past', { name: 'x', expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
    ['an expiry that is no date', { name: 'x', expires_at: 'tomorrow' }, 'expires_at'],
    ['a day that is none', { name: 'x', expires_at: '2999-02-30T00:00:00Z' }, 'expires_at'],
    ['an expiry in seconds', { name: 'x', expires_at: 1_900_000_000 }, 'expires_at'],
    ['no request a minute', { name: 'x', requests_per_minute: 0 }, 'requests_per_minute'],
    ['half a request a minute', { name: 'x', requests_per_minute: 0.5 }, 'requests_per_minute'],
  ])('400: refuses %s, and names the field', async (_what, body, path) => {
    const { rows: before } = await server.pool.query('SELECT count(*) FROM api_keys')
    expectProblem(await operator.post('/v1/keys', body), 400, 'invalid_request', path)
    expect((await server.pool.query('SELECT count(*) FROM api_keys')).rows).toEqual(before)
  })
})

describe('GET /v1/keys', () => {
  it('200: lists the newest first and revoked ones too', async () => {
    const [older, newer] = [await create(), await create()]
    await operator.delete(`/v1/keys/${older.id}`)
    const { body } = await operator.get<{ data: Key[]; total: number; offset: number; limit: number }>('/v1/keys?limit=2')
    expect(body).toMatchObject({ offset: 0, limit: 2, data: [{ id: newer.id, revoked_at: null }, { id: older.id, revoked_at: expect.any(String) }] })
    expect(body.total).toBeGreaterThan(1)
    expect((await operator.get<{ data: Key[] }>('/v1/keys?limit=1&offset=1')).body.data).toEqual([body.data[1]])
  })

  it.each(['limit=0', 'limit=-1', 'limit=1000000000', 'limit=1&limit=2', 'offset=x'])('400: refuses %s', async (query) => {
    expectProblem(await operator.get(`/v1/keys?${query}`), 400, 'invalid_request', query.split('=')[0])
  })

  it('404: does not tell a key of another organization from none', async () => {
    const { key } = await makeOrganization(server.pool)
    for (const id of [key.id, `key_${'0'.repeat(32)}`]) expectProblem(await operator.get(`/v1/keys/${id}`), 404, 'key_not_found')
    expectProblem(await operator.get('/v1/keys/mine'), 400, 'invalid_id', 'key_id')
  })
})

describe('PATCH /v1/keys/{key_id}', () => {
  it('200: changes what is given, at once', async () => {
    const key = await create({ scopes: ['read'], expires_at: '2999-01-01T00:00:00Z', requests_per_minute: 5 })
    const holder = actAs(server.url, key.secret)
    expectProblem(await holder.post('/v1/sessions', {}), 403, 'forbidden')
    const changed = await operator.patch<Key>(`/v1/keys/${key.id}`, { scopes: ['write'], expires_at: null, requests_per_minute: null })
    expect(changed).toMatchObject({ status: 200, body: { name: 'Deployment', scopes: ['write'], expires_at: null, requests_per_minute: null } })
    expect((await holder.post('/v1/sessions', {})).status).toBe(201)
    expect((await operator.patch<Key>(`/v1/keys/${key.id}`, {})).body).toMatchObject({ scopes: ['write'] })
  })

  it('409: leaves a revoked key as it is', async () => {
    const key = await create()
    await operator.delete(`/v1/keys/${key.id}`)
    expectProblem(await operator.patch(`/v1/keys/${key.id}`, { name: 'Alive' }), 409, 'key_revoked')
  })

  it('400, 404: refuses what a new key may not be either, and keys that are not there', async () => {
    const { id } = await create()
    expectProblem(await operator.patch(`/v1/keys/${id}`, { name: '' }), 400, 'invalid_request', 'name')
    expectProblem(await operator.patch(`/v1/keys/${id}`, { expires_at: '2020-01-01T00:00:00Z' }), 400, 'invalid_request', 'expires_at')
    expectProblem(await operator.patch(`/v1/keys/${id}`, { scopes: null }), 400, 'invalid_request', 'scopes')
    expectProblem(await operator.patch(`/v1/keys/key_${'0'.repeat(32)}`, { name: 'x' }), 404, 'key_not_found')
  })
})

describe('DELETE /v1/keys/{key_id}', () => {
  it('204: the key opens nothing from then on, and only who holds it is told why', async () => {
    const key = await create()
    const holder = actAs(server.url, key.secret)
    expect((await holder.get('/v1/models')).status).toBe(200)
    expect((await operator.delete(`/v1/keys/${key.id}`)).status).toBe(204)
    const refused = await holder.get('/v1/models')
    expectProblem(refused, 401, 'unauthorized')
    expect(refused.body.detail).toBe('The API key was revoked')

    const { revoked_at } = (await operator.get<Key>(`/v1/keys/${key.id}`)).body
    expect((await operator.delete(`/v1/keys/${key.id}`)).status).toBe(204)
    expect((await operator.get<Key>(`/v1/keys/${key.id}`)).body.revoked_at).toBe(revoked_at)
    expectProblem(await operator.delete(`/v1/keys/key_${'0'.repeat(32)}`), 404, 'key_not_found')
  })
})

describe('401', () => {
  const refusedBecause = async (authorization: string) => {
    const answer = await actAs(server.url, authorization).get('/v1/models')
    expectProblem(answer, 401, 'unauthorized')
    return answer.body.detail
  }

  it('says clearly what is wrong: none, mangled, unknown, expired', async () => {
    const { secret } = await create()
    expect((await send(`${server.url}/v1/models`)).body.detail).toBe('A valid API key is required, in the header Authorization')
    for (const mangled of [secret.slice(0, -1), `${secret}x`, secret.slice(0, 11), secret.replace('_', '-'), `rk_${'é'}`]) {
      const answer = await sendRaw(server.port, writeRequest('GET /v1/models', { authorization: mangled, connection: 'close' }))
      expect(answer).toMatchObject({ status: 401, body: { detail: mangled.startsWith('rk_') ? 'The API key is malformed: it may have been cut off' : 'The API key is not known' } })
    }
    const last = secret.endsWith('0') ? '1' : '0'
    expect(await refusedBecause(secret.slice(0, -1) + last)).toBe('The API key is not known')
    expect(await refusedBecause(`Basic ${secret}`)).toBe('The API key is not known')
    expect(await refusedBecause((await makeKey(server.pool, { expires_at: '2020-01-01T00:00:00Z' })).secret)).toBe('The API key has expired')
  })

  it('a key that is known expires by itself', async () => {
    const soon = await makeKey(server.pool, { expires_at: new Date(Date.now() + 1_500).toISOString() })
    const holder = actAs(server.url, soon.secret)
    expect((await holder.get('/v1/models')).status).toBe(200)
    await expect.poll(async () => (await holder.get('/v1/models')).body.detail, { timeout: 5_000 }).toBe('The API key has expired')
  })

  it('400, 431: refuses two keys, and one that is too long', async () => {
    const { secret } = await create()
    expect(await sendRaw(server.port, writeRequest('GET /v1/models', { authorization: [secret, secret] }))).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    expect(await sendRaw(server.port, writeRequest('GET /v1/models', { authorization: 'x'.repeat(9_000) }))).toMatchObject({ status: 431 })
  })
})

describe('403', () => {
  it('each scope includes those before it, and what is missing is named', async () => {
    const [reader, writer, admin] = [await create({ scopes: ['read'] }), await create({ scopes: ['write'] }), await create({ scopes: ['admin'] })].map(({ secret }) => actAs(server.url, secret))
    for (const actor of [reader!, writer!, admin!]) expect((await actor.get('/v1/models')).status).toBe(200)
    for (const actor of [writer!, admin!]) expect((await actor.post('/v1/sessions', {})).status).toBe(201)
    const refusals = [await reader!.post('/v1/sessions', {}), await reader!.get('/v1/keys'), await writer!.post('/v1/keys', { name: 'x' }), await writer!.delete(`/v1/models/${seeded.model_id}`)]
    for (const refusal of refusals) expectProblem(refusal, 403, 'forbidden')
    expect(refusals.map(({ body }) => /scope (\w+)/.exec(body.detail)?.[1])).toEqual(['write', 'admin', 'admin', 'admin'])
    expect((await admin!.get('/v1/keys')).status).toBe(200)
  })

  it('over tRPC, queries need read and mutations write, and nothing gets round it by another method', async () => {
    const reader = actAs(server.url, (await create({ scopes: ['read'] })).secret)
    expect((await reader.get('/trpc/models.list?input={}')).status).toBe(200)
    const refusal = await reader.post<{ error: { message: string; data: { code: string; httpStatus: number } } }>('/trpc/sessions.create', {})
    expect(refusal).toMatchObject({ status: 403, body: { error: { message: 'This needs a key with the scope write', data: { code: 'forbidden', httpStatus: 403 } } } })
    expect((await reader.get('/trpc/sessions.create?input={}')).status).toBe(405)
  })

  it('an admin of the seeded organization is the operator, one of another is not', async () => {
    const own = actAs(server.url, (await create({ scopes: ['admin'] })).secret)
    expect((await own.get('/v1/durable/workers')).status).toBe(200)
    const foreign = actAs(server.url, (await makeOrganization(server.pool)).key.secret)
    expectProblem(await foreign.get('/v1/durable/workers'), 403, 'forbidden')
    expect((await foreign.get('/v1/keys')).status).toBe(200)
  })

  it('X-Org-Id may name only the organization of the key', async () => {
    const { organization, key } = await makeOrganization(server.pool)
    const actor = actAs(server.url, key.secret)
    expect((await actor.get('/v1/models', { 'x-org-id': organization.id })).status).toBe(200)
    expectProblem(await actor.get('/v1/models', { 'x-org-id': seeded.organization_id }), 403, 'forbidden')
  })
})

describe('tRPC', () => {
  it('does the same by the same operations', async () => {
    const { body } = await operator.post<{ result: { data: KeyWithSecret } }>('/trpc/keys.create', { name: 'Typed' })
    const { secret, id: key_id, ...key } = body.result.data
    const input = (value: object) => encodeURIComponent(JSON.stringify(value))
    expect((await operator.get(`/trpc/keys.get?input=${input({ key_id })}`)).body).toEqual({ result: { data: { id: key_id, ...key } } })
    expect((await operator.post('/trpc/keys.update', { key_id, name: 'Renamed' })).body).toMatchObject({ result: { data: { name: 'Renamed' } } })
    expect((await operator.get(`/trpc/keys.list?input=${input({ limit: 1 })}`)).body).toMatchObject({ result: { data: { data: [{ id: key_id, name: 'Renamed' }] } } })
    expect((await operator.post('/trpc/keys.revoke', { key_id })).status).toBe(200)
    expect((await actAs(server.url, secret).get('/v1/models')).status).toBe(401)
  })
})

it('no key is in the log, however its request fails', async () => {
  const { secret } = await create()
  await server.pool.query('ALTER TABLE models RENAME TO models_away')
  expectProblem(await server.responses.provoking(500, () => actAs(server.url, secret).get('/v1/models')), 500, 'internal_error')
  await server.pool.query('ALTER TABLE models_away RENAME TO models')
  await server.pool.query('ALTER TABLE api_keys RENAME TO keys_away')
  const unknown = `${secret.slice(0, -3)}000`
  expectProblem(await server.responses.provoking(500, () => actAs(server.url, unknown).get('/v1/models')), 500, 'internal_error')
  expectProblem(await server.responses.provoking(500, () => operator.post('/v1/keys', { name: 'Never' })), 500, 'internal_error')
  await server.pool.query('ALTER TABLE keys_away RENAME TO api_keys')
  expect(server.logged.length).toBeGreaterThan(2)
  for (const text of [secret, unknown, hashSecret(secret), operatorKey]) expect(server.logged.join('')).not.toContain(text)
})
