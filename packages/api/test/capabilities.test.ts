import type { Capability } from '@reprise/contract'
import { defineTool } from '@reprise/engine'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { query } from './support/call-procedure.ts'
import { createSession, expectProblem, post, send } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

const weather = {
  ref: 'weather',
  description: 'What it is like outside',
  config: z.object({ unit: z.enum(['celsius', 'fahrenheit']), places: z.array(z.string()).default([]) }),
  tools: [defineTool({ name: 'get_weather', description: 'Gets it', input: z.object({ place: z.string() }), effects: 'idempotent', run: () => ({ ok: true, result: 'rain' }) })],
}

let server: TestServer
beforeAll(async () => {
  server = await startServer({ engine: { capabilities: [weather] } })
})
afterAll(() => server.close())

const url = () => `${server.url}/v1/capabilities`
const list = async (search: string) => (await send<{ data: Capability[]; total: number; capabilities: Capability[] }>(`${url()}?${search}`)).body

describe('GET /v1/capabilities', () => {
  it('200: shows the tools with their JSON Schemas, and the schema of the config where there is one', async () => {
    const { data, total, capabilities } = await list('')
    expect(capabilities).toEqual(data)
    expect(total).toBe(data.length)
    const shown = data.find(({ id }) => id === 'weather')!
    expect(shown).toMatchObject({ name: 'weather', description: weather.description, tools: [{ name: 'get_weather', effects: 'idempotent', parameters: { type: 'object', required: ['place'] } }] })
    expect(shown.config_schema).toMatchObject({ type: 'object', required: ['unit'], properties: { unit: { enum: ['celsius', 'fahrenheit'] } } })
    expect(data.find(({ id }) => id === 'calculator')).toMatchObject({ config_schema: null, tools: [{ name: 'calculator' }] })
    expect((await query(server.url, 'capabilities.list')).body.result?.data).toEqual({ data, total, offset: 0, limit: 100 })
  })

  it('200: finds by id, description and tool, and pages', async () => {
    for (const search of ['WEATH', 'outside', 'get_weather']) expect((await list(`search=${search}`)).data.map(({ id }) => id)).toEqual(['weather'])
    expect(await list('search=nothing+like+it')).toMatchObject({ data: [], total: 0 })
    const all = await list('')
    expect(await list('offset=1&limit=1')).toMatchObject({ data: [all.data[1]], total: all.total, offset: 1, limit: 1 })
  })

  it.each(['limit=0', 'offset=-1', 'limit=ten'])('400: refuses ?%s', async (search) => {
    expectProblem(await send(`${url()}?${search}`), 400, 'invalid_request', search.split('=')[0])
  })
})

describe('GET /v1/capabilities/{capability_id}', () => {
  it('200', async () => {
    const shown = (await list('search=weather')).data[0]
    expect((await send(`${url()}/weather`)).body).toEqual(shown)
    expect((await query(server.url, 'capabilities.get', { capability_id: 'weather' })).body.result?.data).toEqual(shown)
  })

  it('404', async () => {
    expectProblem(await send(`${url()}/shell`), 404, 'capability_not_found')
  })
})

describe('the config beside a ref', () => {
  it('is kept by agents and sessions as it was sent', async () => {
    const capabilities = [{ ref: 'weather', config: { unit: 'celsius' } }, { ref: 'calculator', config: {} }]
    expect((await createSession(server.url, { capabilities })).capabilities).toEqual(capabilities)
    expect((await post(`${server.url}/v1/agents`, { name: 'forecaster', system_prompt: 'x', capabilities })).body).toMatchObject({ capabilities })
  })

  it.each([
    ['is missing where it must be', { ref: 'weather' }, 'capabilities[1].config.unit'],
    ['has a bad value', { ref: 'weather', config: { unit: 'kelvin' } }, 'capabilities[1].config.unit'],
    ['has a bad value deep inside', { ref: 'weather', config: { unit: 'celsius', places: [1] } }, 'capabilities[1].config.places[0]'],
    ['is given to what takes none', { ref: 'current_time', config: { zone: 'UTC' } }, 'capabilities[1].config'],
  ])('400: refused when it %s', async (_what, capability, path) => {
    const capabilities = [{ ref: 'calculator' }, capability]
    expectProblem(await post(`${server.url}/v1/sessions`, { capabilities }), 400, 'invalid_request', path)
    expectProblem(await post(`${server.url}/v1/agents`, { name: 'x', system_prompt: 'x', capabilities }), 400, 'invalid_request', path)
  })
})
