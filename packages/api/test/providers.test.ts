import { newId, type Problem, type Provider } from '@reprise/contract'
import { insertProvider, seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { foreignOrganizationId } from './support/create-foreign-session.ts'
import { createModel, createProvider, patch, remove, secretKey } from './support/providers.ts'
import { expectProblem, post, send } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

const apiKey = 'sk-hunter2-hunter2'

let server: TestServer
let foreignId: string
beforeAll(async () => {
  server = await startServer({ engine: { secretKeys: [secretKey], egressAllow: ['localhost:11434', '10.0.0.7:443'], environmentKeys: { openai: 'sk-environment' } } })
  await server.pool.query(`INSERT INTO organizations (id, name) VALUES ($1, 'Other')`, [foreignOrganizationId])
  foreignId = newId('provider')
  await insertProvider(server.pool, { id: foreignId, organization_id: foreignOrganizationId, name: 'Foreign', provider_type: 'openai', base_url: null, api_key_ciphertext: null })
})
afterAll(() => server.close())

const url = () => `${server.url}/v1/providers`
const unknownIds = () => [newId('provider'), foreignId]
const readSealed = async (id: string) => (await server.pool.query<{ sealed: Buffer | null }>('SELECT api_key_ciphertext AS sealed FROM providers WHERE id = $1', [id])).rows[0]!.sealed

const badSettings: [string, object, string][] = [
  ['an empty name', { name: '' }, 'name'],
  ['a type that is not there', { provider_type: 'azure' }, 'provider_type'],
  ['a url that is none', { base_url: 'localhost' }, 'base_url'],
  ['a url of another scheme', { base_url: 'ftp://example.com' }, 'base_url'],
  ['a url with a password', { base_url: 'https://me:hunter2@example.com' }, 'base_url'],
  ['a url with a query', { base_url: 'https://example.com/v1?key=1' }, 'base_url'],
  ['http', { base_url: 'http://example.com/v1' }, 'base_url'],
  ['loopback', { base_url: 'https://127.0.0.1/v1' }, 'base_url'],
  ['loopback in another spelling', { base_url: 'https://0x7f.1/v1' }, 'base_url'],
  ['loopback by its name', { base_url: 'https://localhost/v1' }, 'base_url'],
  ['loopback of IPv6', { base_url: 'https://[::1]/v1' }, 'base_url'],
  ['a private network', { base_url: 'https://10.0.0.7:8443/v1' }, 'base_url'],
  ['the metadata of a cloud', { base_url: 'https://169.254.169.254/' }, 'base_url'],
  ['a key with a space', { api_key: 'sk hunter2' }, 'api_key'],
  ['an empty key', { api_key: '' }, 'api_key'],
  ['a key with a NUL', { api_key: 'hunter2\0' }, 'api_key'],
  ['a NUL in the name', { name: 'a\0b' }, 'name'],
]

describe('POST /v1/providers', () => {
  it('201: stores the key sealed, and answers only that there is one', async () => {
    const answer = await post<Provider>(url(), { name: 'Mine', provider_type: 'anthropic', api_key: apiKey })
    expect(answer.status).toBe(201)
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^provider_/), organization_id: seeded.organization_id, name: 'Mine', provider_type: 'anthropic', base_url: null,
      api_key_set: true, is_builtin: false, created_at: expect.any(String), updated_at: expect.any(String),
    })
    expect((await readSealed(answer.body.id))!.toString('latin1')).not.toContain('hunter2')
  })

  it('201: without a key, at an address of its own, or at an inward place that is open', async () => {
    for (const base_url of ['https://models.example.com/v1', 'http://localhost:11434/v1', 'https://10.0.0.7/v1']) {
      expect(await createProvider(server.url, { provider_type: 'openai_compatible', base_url })).toMatchObject({ base_url, api_key_set: false })
    }
  })

  it.each([
    ...badSettings,
    ['no name', { name: undefined }, 'name'],
    ['no type', { provider_type: undefined }, 'provider_type'],
    ['an openai_compatible one that is nowhere', { provider_type: 'openai_compatible' }, 'base_url'],
    ['a simulated one that is somewhere', { provider_type: 'sim', base_url: 'https://example.com' }, 'base_url'],
    ['a simulated one with a key', { provider_type: 'sim', api_key: apiKey }, 'api_key'],
  ] as [string, object, string][])('400: refuses %s', async (_what, settings, path) => {
    const answer = await post(url(), { name: 'Bad', provider_type: 'openai', ...settings })
    expectProblem(answer, 400, 'invalid_request', path)
    expect(answer.text).not.toContain('hunter2')
  })

  it('409: says which setting is missing when nothing can be sealed', async () => {
    const keyless = await startServer({ database: server.database })
    const answer = await post(`${keyless.url}/v1/providers`, { name: 'Mine', provider_type: 'openai', api_key: apiKey })
    await keyless.close()
    expectProblem(answer, 409, 'secret_key_missing', 'api_key')
    expect(answer.body.detail).toContain('REPRISE_SECRET_KEY')
    expect(answer.text).not.toContain('hunter2')
  })
})

describe('GET /v1/providers', () => {
  it('200: lists them page by page, under both names, with none of another organization', async () => {
    const { body } = await send<{ data: Provider[]; total: number; providers: Provider[] }>(url())
    expect(body.data[0]).toMatchObject({ id: seeded.provider_id, provider_type: 'sim', is_builtin: true, api_key_set: false })
    expect(body.data.map(({ id }) => id)).not.toContain(foreignId)
    expect(body.providers).toEqual(body.data)
    expect((await send(`${url()}?offset=1&limit=1`)).body).toMatchObject({ data: [body.data[1]], total: body.total, offset: 1, limit: 1 })
  })

  it.each(['limit', 'offset'])('400: refuses a bad %s', async (name) => {
    expectProblem(await send(`${url()}?${name}=-1`), 400, 'invalid_request', name)
  })
})

describe('GET /v1/providers/{provider_id}', () => {
  it('200', async () => {
    const provider = await createProvider(server.url)
    expect((await send(`${url()}/${provider.id}`)).body).toEqual(provider)
  })

  it('400, 404: a foreign one is like one that is not there', async () => {
    expectProblem(await send(`${url()}/openai`), 400, 'invalid_id', 'provider_id')
    for (const id of unknownIds()) expectProblem(await send(`${url()}/${id}`), 404, 'provider_not_found')
  })
})

describe('PATCH /v1/providers/{provider_id}', () => {
  const create = () => createProvider(server.url, { api_key: apiKey, base_url: 'https://one.example.com/v1' })

  it('200: changes what is given and leaves the rest, the key too', async () => {
    const provider = await create()
    const sealed = await readSealed(provider.id)
    const { body } = await patch<Provider>(`${url()}/${provider.id}`, { name: 'Renamed', base_url: provider.base_url, provider_type: 'openai' })
    expect(body).toEqual({ ...provider, name: 'Renamed', updated_at: expect.any(String) })
    expect(await readSealed(provider.id)).toEqual(sealed)
  })

  it.each([
    ['another address', { base_url: 'https://two.example.com/v1' }],
    ['the vendor’s address', { base_url: null }],
    ['another type', { provider_type: 'openai_compatible' }],
    ['null for a key', { api_key: null }],
  ])('200: %s takes the stored key away', async (_what, change) => {
    const provider = await create()
    const { body } = await patch<Provider>(`${url()}/${provider.id}`, change)
    expect(body.api_key_set).toBe(false)
    expect(body).not.toHaveProperty('api_key')
    expect(await readSealed(provider.id)).toBeNull()
  })

  it('200: another address with a key of its own', async () => {
    const provider = await create()
    const sealed = await readSealed(provider.id)
    expect((await patch<Provider>(`${url()}/${provider.id}`, { base_url: 'https://two.example.com/v1', api_key: 'sk-other' })).body.api_key_set).toBe(true)
    expect(await readSealed(provider.id)).not.toEqual(sealed)
  })

  it('200: a key never ends up with an address that was set at the same time', async () => {
    const provider = await create()
    const both = await Promise.all([patch<Provider>(`${url()}/${provider.id}`, { api_key: 'sk-other' }), patch<Provider>(`${url()}/${provider.id}`, { base_url: 'https://two.example.com/v1' })])
    expect(both.map(({ status }) => status)).toEqual([200, 200])
    const [keyed, moved] = both.map(({ body }) => body)
    // Whichever came second saw the first: the key went with the move, or was set for the address that its setter was answered with.
    const after = (await send<Provider>(`${url()}/${provider.id}`)).body
    expect(after.api_key_set).toBe(keyed!.base_url === moved!.base_url)
  })

  it.each(badSettings)('400: refuses %s', async (_what, settings, path) => {
    const provider = await create()
    const answer = await patch<Problem>(`${url()}/${provider.id}`, settings)
    expectProblem(answer, 400, 'invalid_request', path)
    expect(answer.text).not.toContain('hunter2')
    expect((await send(`${url()}/${provider.id}`)).body).toEqual(provider)
  })

  it('400, 404', async () => {
    expectProblem(await patch<Problem>(`${url()}/openai`, {}), 400, 'invalid_id', 'provider_id')
    for (const id of unknownIds()) expectProblem(await patch<Problem>(`${url()}/${id}`, { name: 'Mine' }), 404, 'provider_not_found')
  })
})

describe('DELETE /v1/providers/{provider_id}', () => {
  it('204: its key is gone, and it is like one that never was', async () => {
    const provider = await createProvider(server.url, { api_key: apiKey })
    expect((await remove(`${url()}/${provider.id}`)).status).toBe(204)
    expect(await readSealed(provider.id)).toBeNull()
    expectProblem(await send(`${url()}/${provider.id}`), 404, 'provider_not_found')
    expectProblem(await patch<Problem>(`${url()}/${provider.id}`, { api_key: apiKey }), 404, 'provider_not_found')
    expectProblem(await post(`${url()}/${provider.id}/models`, { model: 'x' }), 404, 'provider_not_found')
    expect((await send<{ data: Provider[] }>(url())).body.data.map(({ id }) => id)).not.toContain(provider.id)
  })

  it('400, 404', async () => {
    expectProblem(await remove<Problem>(`${url()}/openai`), 400, 'invalid_id', 'provider_id')
    for (const id of unknownIds()) expectProblem(await remove<Problem>(`${url()}/${id}`), 404, 'provider_not_found')
  })

  it('409: while it has models', async () => {
    const provider = await createProvider(server.url)
    const model = await createModel(server.url, provider.id)
    expectProblem(await remove<Problem>(`${url()}/${provider.id}`), 409, 'provider_in_use')
    await remove(`${server.url}/v1/models/${model.id}`)
    expect((await remove(`${url()}/${provider.id}`)).status).toBe(204)
  })
})
