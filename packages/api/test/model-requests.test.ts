import { newId, type Event, type ModelRequest } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { query } from './support/call-procedure.ts'
import { makePng } from './support/make-png.ts'
import { readUntil } from './support/open-stream.ts'
import { createModel, createProvider, patch, secretKey } from './support/providers.ts'
import { createSession, expectProblem, post, postMessage, scriptMessage, send, textMessage } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
const vendor = createServer((_request, response) => response.writeHead(500).end('{}'))
beforeAll(async () => {
  await once(vendor.listen(0, '127.0.0.1'), 'listening')
  server = await startServer({ engine: { secretKeys: [secretKey], egressAllow: [`127.0.0.1:${port()}`], limits: { retryBaseMs: 1 } } })
})
afterAll(async () => {
  await server.close()
  vendor.close()
})

const port = () => (vendor.address() as AddressInfo).port // it listens on TCP

async function run(session_id: string, body: object): Promise<void> {
  const { status, text } = await post(`${server.url}/v1/sessions/${session_id}/messages?wait=true`, body)
  expect(status, text).toBe(200)
}

/** The requests of all model calls of a session, in their order. */
async function readRequests(session_id: string): Promise<ModelRequest[]> {
  const { body } = await send<{ data: Event[] }>(`${server.url}/v1/sessions/${session_id}/events?types=llm.generation`)
  const requests: ModelRequest[] = []
  for (const { id, context } of body.data) {
    const answer = await send<ModelRequest>(`${server.url}/v1/durable/workflows/${context.turn_id}/requests/${id}`)
    expect(answer.status, answer.text).toBe(200)
    requests.push(answer.body)
  }
  return requests
}

describe('GET /v1/durable/workflows/{workflow_id}/requests/{event_id}', () => {
  it('200: is what was sent, call by call: instructions, tools, the past, thinking, results, images', async () => {
    const { id } = await createSession(server.url, { system_prompt: 'You dig.', capabilities: [{ ref: 'calculator' }] })
    const image = { type: 'image', base64: makePng(20, 10).toString('base64') }
    await run(id, { ...scriptMessage([{ thinking: 'Hm.', signature: 's', text: 'I count.', tool_calls: [{ name: 'calculator', arguments: { expression: '6 * 7' } }] }, { text: 'It is 42.', fail: { kind: '500', times: 1 } }]), controls: { reasoning: { effort: 'low' } } })
    await run(id, { message: { content: [{ type: 'text', text: 'And this?' }, image] } })
    const requests = await readRequests(id)
    expect(requests.map(({ is_exact, difference }) => ({ is_exact, difference }))).toEqual(Array.from({ length: 4 }, () => ({ is_exact: true, difference: null })))
    const [first, failed, retried, second] = requests
    expect(first).toMatchObject({ http: null, request: { model: 'sim', system: expect.stringMatching(/You dig\.$/), reasoning_effort: 'low', messages: [{ role: 'user' }], tools: [{ name: 'calculator', parameters: { type: 'object' } }] } })
    expect(failed!.request.messages.map(({ role }) => role)).toEqual(['user', 'agent', 'tool_result'])
    expect(retried).toEqual(failed)
    expect(second!.request.messages.map(({ role }) => role)).toEqual(['user', 'agent', 'tool_result', 'agent', 'user'])
    expect(JSON.stringify(second)).toMatch(/"image_id":"img_/)
    expect(JSON.stringify(second)).not.toContain(image.base64)
  })

  it('200: knows of a message that joined the turn only in the calls that came after it', async () => {
    const { id } = await createSession(server.url, { capabilities: [{ ref: 'calculator' }] })
    await postMessage(server.url, id, scriptMessage([{ ttft_ms: 500, text: 'One.', tool_calls: [{ name: 'calculator', arguments: { expression: '1' } }] }, { text: 'Two.' }]))
    await postMessage(server.url, id, { ...textMessage('and this'), controls: { when_busy: 'steer' } })
    await readUntil(server.url, id, 'session.idled')
    const [first, second] = await readRequests(id)
    expect([first, second]).toMatchObject([{ is_exact: true }, { is_exact: true }])
    expect(first!.request.messages).toHaveLength(1)
    expect(second!.request.messages.at(-1)).toMatchObject({ role: 'user', content: [{ text: 'and this' }] })
  })

  it('200: shows what goes over the wire, without the key; and says so when what it was made of has changed', async () => {
    const provider = await createProvider(server.url, { provider_type: 'openai_compatible', base_url: `http://127.0.0.1:${port()}/v1`, api_key: 'sk-very-secret' })
    const model = await createModel(server.url, provider.id, { model: 'llama', supports_images: true })
    const { id } = await createSession(server.url, { model_id: model.id })
    const large = makePng(200, 200)
    await run(id, { message: { content: [{ type: 'text', text: 'Look!' }, { type: 'image', base64: large.toString('base64') }] } })
    const [first] = await readRequests(id)
    expect(first).toMatchObject({ is_exact: true, http: { method: 'POST', url: `http://127.0.0.1:${port()}/v1/chat/completions` } })
    expect(JSON.parse(first!.http!.body)).toMatchObject({ model: 'llama', stream: true, messages: [{ role: 'system' }, { role: 'user' }] })
    expect(JSON.stringify(first)).not.toContain('very-secret')
    await patch(`${server.url}/v1/models/${model.id}`, { supports_images: false })
    const [changed] = await readRequests(id)
    expect(changed).toMatchObject({ is_exact: false, difference: expect.stringMatching(/has changed since: a model/) })
  })

  it('200: of an event that recorded no digest, says that this is what would be sent today', async () => {
    const { id } = await createSession(server.url)
    await run(id, textMessage('long ago'))
    await server.pool.query(`UPDATE journal SET events = replace(events::text, '"prompt"', '"unknown"')::json WHERE session_id = $1`, [id])
    expect(await readRequests(id)).toMatchObject([{ is_exact: false, difference: expect.stringMatching(/recorded no digest/), request: { messages: [{ role: 'user' }] } }])
  })

  it('404: an event that is none of a call of this turn; 400: an id of another kind', async () => {
    const { id } = await createSession(server.url)
    const { turn_id } = await postMessage(server.url, id, textMessage('hello'))
    const events = await readUntil(server.url, id, 'session.idled')
    const other = events.find(({ type }) => type === 'turn.started')!
    const url = `${server.url}/v1/durable/workflows/${turn_id}/requests`
    for (const event_id of [other.id, `event_${'0'.repeat(32)}`]) expectProblem(await send(`${url}/${event_id}`), 404, 'model_call_not_found')
    expectProblem(await send(`${url}/${newId('turn')}`), 400, 'invalid_id', 'event_id')
    const answer = await query<ModelRequest>(server.url, 'durable.workflows.request', { workflow_id: turn_id, event_id: events.find(({ type }) => type === 'llm.generation')!.id })
    expect(answer.body.result?.data).toMatchObject({ is_exact: true, request: { model: 'sim' } })
    expect(seeded.model_id).toMatch(/^model_/)
  })
})
