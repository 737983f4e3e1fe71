import { newId, type Agent, type Model, type Problem } from '@reprise/contract'
import { insertModel, insertProvider, seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { foreignOrganizationId } from './support/create-foreign-session.ts'
import { createModel, createProvider, patch, remove } from './support/providers.ts'
import { createSession, expectProblem, post, postMessage, send, textMessage } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let providerId: string
let foreignProviderId: string
let foreignModelId: string
beforeAll(async () => {
  server = await startServer()
  providerId = (await createProvider(server.url, { provider_type: 'sim' })).id
  await server.pool.query(`INSERT INTO organizations (id, name) VALUES ($1, 'Other')`, [foreignOrganizationId])
  const organization_id = foreignOrganizationId
  foreignProviderId = newId('provider')
  await insertProvider(server.pool, { id: foreignProviderId, organization_id, name: 'Foreign', provider_type: 'sim', base_url: null, api_key_ciphertext: null })
  foreignModelId = newId('model')
  const { model, display_name, context_window, max_output_tokens, supports_images, supports_tools, prices, compaction, enabled } = await createModel(server.url, providerId)
  const settings = { model, display_name, context_window, max_output_tokens, supports_images, supports_tools, prices, compaction, enabled }
  await insertModel(server.pool, { id: foreignModelId, organization_id, provider_id: foreignProviderId, ...settings })
})
afterAll(() => server.close())

const url = () => `${server.url}/v1/models`
const unknownIds = () => [newId('model'), foreignModelId]
const restoreDefault = () => patch(`${url()}/${seeded.model_id}`, { is_default: true })
const prices = { input: 1.25, output: 10, cache_read: 0.125, cache_write: null }

const badSettings: [string, object, string][] = [
  ['a window of no token', { context_window: 0 }, 'context_window'],
  ['a window of half a token', { context_window: 1.5 }, 'context_window'],
  ['an answer of no token', { max_output_tokens: 0 }, 'max_output_tokens'],
  ['a price below nothing', { prices: { input: -1, output: 1 } }, 'prices.input'],
  ['a price that is text', { prices: { input: '1', output: 1 } }, 'prices.input'],
  ['prices that leave one out', { prices: { input: 1 } }, 'prices.output'],
  ['yes for true', { supports_images: 'yes' }, 'supports_images'],
  ['a default that is not enabled', { is_default: true, enabled: false }, 'is_default'],
  ['a lone surrogate', { display_name: '\ud800' }, 'display_name'],
]

describe('POST /v1/providers/{provider_id}/models', () => {
  it('201: with everything left out but its name', async () => {
    const answer = await post<Model>(`${server.url}/v1/providers/${providerId}/models`, { model: 'llama3.3:70b' })
    expect(answer.status, answer.text).toBe(201)
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^model_/), organization_id: seeded.organization_id, provider_id: providerId, provider_type: 'sim', model: 'llama3.3:70b',
      display_name: 'llama3.3:70b', context_window: 128_000, max_output_tokens: null, supports_images: false, supports_tools: true,
      prices: null, compaction: true, enabled: true, is_default: false, created_at: expect.any(String), updated_at: expect.any(String),
    })
    expect((await send(`${url()}/${answer.body.id}`)).body).toEqual(answer.body)
  })

  it('201: keeps every setting, and understands model_id for model', async () => {
    const settings = { display_name: 'Big', context_window: 1_000_000, max_output_tokens: 8_192, supports_images: true, supports_tools: false, prices, compaction: false, enabled: false }
    expect(await createModel(server.url, providerId, { ...settings, model: undefined, model_id: 'big' })).toMatchObject({ ...settings, model: 'big' })
  })

  it('201: as the default from then on', async () => {
    const model = await createModel(server.url, providerId, { is_default: true })
    expect(model.is_default).toBe(true)
    expect((await send<{ data: Model[] }>(url())).body.data.filter(({ is_default }) => is_default)).toEqual([model])
    await restoreDefault()
  })

  it.each([...badSettings, ['an empty name', { model: '' }, 'model'], ['no name', { model: undefined }, 'model']] as [string, object, string][])('400: refuses %s', async (_what, settings, path) => {
    expectProblem(await post(`${server.url}/v1/providers/${providerId}/models`, { model: 'x', ...settings }), 400, 'invalid_request', path)
  })

  it('400, 404', async () => {
    expectProblem(await post(`${server.url}/v1/providers/x/models`, { model: 'x' }), 400, 'invalid_id', 'provider_id')
    for (const id of [newId('provider'), foreignProviderId]) expectProblem(await post(`${server.url}/v1/providers/${id}/models`, { model: 'x' }), 404, 'provider_not_found')
  })
})

describe('GET /v1/providers/{provider_id}/models', () => {
  it('200: lists those of the provider, under both names', async () => {
    const provider = await createProvider(server.url, { provider_type: 'sim' })
    const models = [await createModel(server.url, provider.id, { model: 'a' }), await createModel(server.url, provider.id, { model: 'b' })]
    expect((await send(`${server.url}/v1/providers/${provider.id}/models`)).body).toEqual({ data: models, models })
  })

  it('400, 404', async () => {
    expectProblem(await send(`${server.url}/v1/providers/x/models`), 400, 'invalid_id', 'provider_id')
    for (const id of [newId('provider'), foreignProviderId]) expectProblem(await send(`${server.url}/v1/providers/${id}/models`), 404, 'provider_not_found')
  })
})

describe('GET /v1/models', () => {
  it('200: lists all of the organization, none of another, under both names', async () => {
    const { body } = await send<{ data: Model[]; models: Model[] }>(url())
    expect(body.data[0]).toMatchObject({ id: seeded.model_id, is_default: true, enabled: true, provider_type: 'sim', prices: null })
    expect(body.data.map(({ id }) => id)).not.toContain(foreignModelId)
    expect(body.models).toEqual(body.data)
  })
})

describe('GET /v1/models/{model_id}', () => {
  it('400, 404: a foreign one is like one that is not there', async () => {
    expectProblem(await send(`${url()}/gpt`), 400, 'invalid_id', 'model_id')
    for (const id of unknownIds()) expectProblem(await send(`${url()}/${id}`), 404, 'model_not_found')
  })
})

describe('PATCH /v1/models/{model_id}', () => {
  it('200: changes what is given and leaves the rest', async () => {
    const model = await createModel(server.url, providerId, { prices, max_output_tokens: 100 })
    const changes = { display_name: 'Other', supports_images: true, max_output_tokens: null, compaction: false }
    expect((await patch(`${url()}/${model.id}`, changes)).body).toEqual({ ...model, ...changes, updated_at: expect.any(String) })
    const others = { prices: null, enabled: false, context_window: 5 }
    expect((await patch(`${url()}/${model.id}`, others)).body).toEqual({ ...model, ...changes, ...others, updated_at: expect.any(String) })
  })

  it('200: its name stays, for another name is another model', async () => {
    const model = await createModel(server.url, providerId)
    expect((await patch<Model>(`${url()}/${model.id}`, { model: 'renamed' })).body.model).toBe(model.model)
  })

  it('200: a model that is not enabled answers nothing', async () => {
    const model = await createModel(server.url, providerId)
    await patch(`${url()}/${model.id}`, { enabled: false })
    const { id } = await createSession(server.url)
    expectProblem(await post(`${server.url}/v1/sessions/${id}/messages`, { ...textMessage('x'), controls: { model_id: model.id } }), 400, 'unknown_model', 'controls.model_id')
  })

  it('200: another default takes the place of the first', async () => {
    const model = await createModel(server.url, providerId)
    expect((await patch<Model>(`${url()}/${model.id}`, { is_default: true })).body.is_default).toBe(true)
    expect((await send<Model>(`${url()}/${seeded.model_id}`)).body.is_default).toBe(false)
    expect((await patch<Model>(`${url()}/${model.id}`, { is_default: true })).status).toBe(200)
    await restoreDefault()
  })

  it.each([...badSettings, ['no model, where a default must be', { is_default: false }, 'is_default']] as [string, object, string][])('400: refuses %s', async (_what, settings, path) => {
    expectProblem(await patch<Problem>(`${url()}/${seeded.model_id}`, settings), 400, 'invalid_request', path)
  })

  it('400, 404', async () => {
    expectProblem(await patch<Problem>(`${url()}/gpt`, {}), 400, 'invalid_id', 'model_id')
    for (const id of unknownIds()) expectProblem(await patch<Problem>(`${url()}/${id}`, { enabled: false }), 404, 'model_not_found')
  })

  it('409: the default cannot be disabled', async () => {
    expectProblem(await patch<Problem>(`${url()}/${seeded.model_id}`, { enabled: false }), 409, 'model_in_use')
  })
})

describe('DELETE /v1/models/{model_id}', () => {
  it('204: it answers nothing any more, and what it has answered stays', async () => {
    const model = await createModel(server.url, providerId)
    const session = await createSession(server.url)
    const message = await postMessage(server.url, session.id, { ...textMessage('x'), controls: { model_id: model.id } })
    expect((await remove(`${url()}/${model.id}`)).status).toBe(204)
    expectProblem(await send(`${url()}/${model.id}`), 404, 'model_not_found')
    expectProblem(await patch<Problem>(`${url()}/${model.id}`, { enabled: true }), 404, 'model_not_found')
    expectProblem(await remove<Problem>(`${url()}/${model.id}`), 404, 'model_not_found')
    expectProblem(await post(`${server.url}/v1/sessions`, { model_id: model.id }), 400, 'unknown_model', 'model_id')
    expect((await send(`${server.url}/v1/durable/workflows/${message.turn_id}`)).body).toMatchObject({ model_id: model.id })
  })

  it('400, 404', async () => {
    expectProblem(await remove<Problem>(`${url()}/gpt`), 400, 'invalid_id', 'model_id')
    for (const id of unknownIds()) expectProblem(await remove<Problem>(`${url()}/${id}`), 404, 'model_not_found')
  })

  it('409: while the organization, an agent or a session names it', async () => {
    expectProblem(await remove<Problem>(`${url()}/${seeded.model_id}`), 409, 'model_in_use')
    const named = await createModel(server.url, providerId)
    await post<Agent>(`${server.url}/v1/agents`, { name: 'holder', system_prompt: 'x', model: named.id })
    expectProblem(await remove<Problem>(`${url()}/${named.id}`), 409, 'model_in_use')
    const used = await createModel(server.url, providerId)
    await createSession(server.url, { model_id: used.id })
    const answer = await remove<Problem>(`${url()}/${used.id}`)
    expectProblem(answer, 409, 'model_in_use')
    expect(answer.body.detail).toContain('disabled')
  })
})
