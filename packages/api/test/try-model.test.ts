import type { ModelTry } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate } from './support/call-procedure.ts'
import { createModel, createProvider, patch, secretKey } from './support/providers.ts'
import { expectProblem, post, scriptMessage } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
const vendor = createServer((_request, response) => response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"message":"Incorrect API key provided: sk-very-secret"}}'))
const silent = createServer(() => {})
beforeAll(async () => {
  for (const one of [vendor, silent]) await once(one.listen(0, '127.0.0.1'), 'listening')
  server = await startServer({ engine: { secretKeys: [secretKey], egressAllow: [vendor, silent].map((one) => `127.0.0.1:${port(one)}`), limits: { modelTryMsMax: 500 } } })
})
afterAll(async () => {
  await server.close()
  for (const one of [vendor, silent]) {
    one.closeAllConnections()
    one.close()
  }
})

const port = (one: typeof vendor) => (one.address() as AddressInfo).port // it listens on TCP
const tryIt = (model_id: string, body: object = {}) => post<ModelTry>(`${server.url}/v1/models/${model_id}/try`, body)
const script = (steps: object[]) => (scriptMessage(steps).message.content[0] as { text: string }).text // its only part

async function createModelAt(base_url: string): Promise<string> {
  const { id } = await createProvider(server.url, { provider_type: 'openai_compatible', base_url, api_key: 'sk-very-secret' })
  return (await createModel(server.url, id)).id
}

describe('POST /v1/models/{model_id}/try', () => {
  it('200: says what the model answered, and how long it took; disabled or not', async () => {
    const { status, body } = await tryIt(seeded.model_id, { text: script([{ text: 'Here I am.', ttft_ms: 50 }]) })
    expect(status).toBe(200)
    expect(body).toEqual({ ok: true, text: 'Here I am.', error: null, duration_ms: expect.any(Number), time_to_first_token_ms: expect.any(Number), usage: expect.objectContaining({ output_tokens: 3 }) })
    expect(body.time_to_first_token_ms).toBeGreaterThanOrEqual(50)
    const { id } = await createModel(server.url, (await createProvider(server.url, { provider_type: 'sim' })).id)
    await patch(`${server.url}/v1/models/${id}`, { enabled: false })
    expect((await tryIt(id)).body).toMatchObject({ ok: true, text: 'You said: Say hello in five words.' })
    expect((await mutate<ModelTry>(server.url, 'models.try', { model_id: id, text: 'Hello' })).body.result?.data).toMatchObject({ ok: true })
  })

  it.each([
    ['a provider that fails', async () => tryIt(seeded.model_id, { text: script([{ fail: { kind: '500' } }]) }), 'server_error', /./],
    ['a key that is refused, which is not shown', async () => tryIt(await createModelAt(`http://127.0.0.1:${port(vendor)}/v1`)), 'invalid_request', /refuses the API key/],
    ['a server that does not answer', async () => tryIt(await createModelAt(`http://127.0.0.1:${port(silent)}/v1`)), 'timeout', /within 0.5 s/],
    ['a vendor without a key', async () => tryIt((await createModel(server.url, (await createProvider(server.url, { provider_type: 'anthropic' })).id)).id), 'unavailable', /has no key: its api_key must be set/],
  ])('200: says why there is no answer: %s', async (_name, ask, kind, words) => {
    const { status, body, text } = await ask()
    expect(status, text).toBe(200)
    expect(body).toMatchObject({ ok: false, error: { kind, message: expect.stringMatching(words) } })
    expect(text).not.toContain('sk-very-secret')
  })

  it('400: an empty text, and one that is too long', async () => {
    for (const text of [' ', 'x'.repeat(2_001), 7]) expectProblem(await post(`${server.url}/v1/models/${seeded.model_id}/try`, { text }), 400, 'invalid_request', 'text')
  })
})
