import type { Message, Model, Provider } from '@reprise/contract'
import { ModelError, type CreateProvider } from '@reprise/engine'
import { seedVendors, seededVendors } from '@reprise/store'
import type pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { mutate, query } from './support/call-procedure.ts'
import { patch, secretKey } from './support/providers.ts'
import { createSession, post, send, textMessage, type Answer } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

const keys = { stored: 'sk-stored-hunter2hunter2', patched: 'sk-patched-hunter2hunter2', environment: 'sk-environment-hunter2hunter2' }

/** A vendor that tells everybody what it was sent, as some do with a key that they refuse. */
const tellTale: CreateProvider = ({ type, api_key }) => ({
  type,
  images: { takesUrls: true, mediaTypes: [], bytesMax: 1, edgePixelsMax: 1 },
  async *stream() {
    used.push(api_key)
    yield { type: 'text_delta', delta: 'Let me see' }
    const cause = Object.assign(new Error(`401: ${api_key}`), { requestHeaders: { authorization: `Bearer ${api_key}` } })
    throw new ModelError('invalid_request', `Incorrect API key provided: ${api_key}`, { cause })
  },
})

const used: (string | null)[] = []
let server: TestServer
const told: string[] = []
beforeAll(async () => {
  server = await startServer({ engine: { secretKeys: [secretKey], environmentKeys: { openai: keys.environment }, createProvider: tellTale } })
  await seedVendors(server.pool, new Set(['openai']))
})
afterAll(() => server.close())

function hear<T>(answer: Answer<T>): T {
  told.push(answer.text)
  return answer.body
}

async function failTurn(modelId: string): Promise<void> {
  const { id } = await createSession(server.url, { agent_name: undefined })
  const message = { ...textMessage('x'), controls: { model_id: modelId, error_disclosure: 'detailed' } }
  expect(hear(await post<{ turn_status: string; answer: Message }>(`${server.url}/v1/sessions/${id}/messages?wait=true`, message)).turn_status).toBe('failed')
  hear(await send(`${server.url}/v1/sessions/${id}/events?limit=1000`))
}

/** Every row of every table, as text: bytes are in hex there. */
async function dumpRows(pool: pg.Pool): Promise<string> {
  const { rows: tables } = await pool.query<{ name: string }>(`SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`)
  const dumps = await Promise.all(tables.map(async ({ name }) => (await pool.query<{ row: string }>(`SELECT t::text AS row FROM "${name}" t`)).rows.map(({ row }) => row)))
  return dumps.flat().join('\n')
}

it('a key is used, and is in no answer, event, log line or row, whatever its vendor says', async () => {
  const url = `${server.url}/v1/providers`
  const { id } = hear(await post<Provider>(url, { name: 'Mine', provider_type: 'openai', api_key: keys.stored }))
  const { id: modelId } = hear(await post<Model>(`${url}/${id}/models`, { model: 'm' }))
  await failTurn(modelId)
  hear(await patch(`${url}/${id}`, { api_key: keys.patched }))
  await failTurn(modelId)
  await failTurn(seededVendors.openai.model_id)
  expect(used).toEqual([keys.stored, keys.patched, keys.environment])

  hear(await send(url))
  hear(await send(`${url}/${id}`))
  hear(await query(server.url, 'providers.list'))
  hear(await mutate(server.url, 'providers.update', { provider_id: id, api_key: keys.stored }))
  hear(await send(`${server.url}/v1/durable/dlq`))
  hear(await patch(`${url}/${id}`, { api_key: keys.stored, base_url: 'http://10.0.0.1' }))
  hear(await patch(`${url}/${id}`, { api_key: [keys.stored] }))
  hear(await patch(`${url}/${id}`, { api_key: `${keys.stored} ` }))
  hear(await post(url, `{"name":"x","provider_type":"openai","api_key":"${keys.stored}"`))
  await server.pool.query('ALTER TABLE providers RENAME TO providers_away')
  hear(await server.responses.provoking(500, () => post(url, { name: 'x', provider_type: 'openai', api_key: keys.stored })))
  await server.pool.query('ALTER TABLE providers_away RENAME TO providers')

  expect(told.join('')).toContain('[key]')
  expect(server.logged.join('')).toContain('Incorrect API key provided: [key]')
  const places = { answers: told.join('\n'), log: server.logged.join('\n'), rows: await dumpRows(server.pool) }
  for (const [place, text] of Object.entries(places)) {
    for (const [name, key] of Object.entries(keys)) {
      for (const encoding of ['latin1', 'hex', 'base64'] as const) expect(text.includes(Buffer.from(key).toString(encoding)), `${name} in ${place} as ${encoding}`).toBe(false)
    }
    expect(text).not.toContain('hunter2')
  }
})
