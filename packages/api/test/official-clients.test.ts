import { newId, type Agent, type Event, type Session } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { agentRecord, agentStatsRecord, capabilityRecord, eventRecord, messageRecord, sessionRecord } from './support/client-records.ts'
import { openStream } from './support/open-stream.ts'
import { scriptMessage, send, textMessage, type Answer } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

const key = 'rp_test_0123456789'
let server: TestServer
beforeAll(async () => {
  server = await startServer({ access: { api_key: key, cors_origins: [] } })
})
afterAll(() => server.close())

/** As all three clients send: below `/api`, the key bare, and a JSON content type whether there is a body or not. */
async function call<T>(method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<Answer<T>> {
  return await send<T>(`${server.url}/api/v1${path}`, {
    method,
    headers: { authorization: key, 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body }),
  })
}

async function read<T>(record: z.ZodType<T>, method: string, path: string, body?: object): Promise<T> {
  const { status, body: got, text } = await call<unknown>(method, path, body && JSON.stringify(body))
  expect(status, text).toBeLessThan(300)
  return record.parse(got)
}

/** What each client sends where a route takes no body: TypeScript nothing, Python an object, Rust its unit value. */
const emptyBodies = [
  ['TypeScript', undefined],
  ['Python', '{}'],
  ['Rust', 'null'],
] as const

let made = 0
const createAgent = () => read(agentRecord, 'POST', '/agents', { name: `client-${++made}`, system_prompt: 'You are helpful.', tags: [], capabilities: [{ ref: 'current_time' }], initial_files: [] })
const ownSession = (settings: object = {}) => read(sessionRecord, 'POST', '/sessions', { harness_name: 'generic', ...settings })

describe('agents', () => {
  it('are created, applied by id and by name, and read', async () => {
    const agent = await createAgent()
    const id = newId('agent')
    expect(await read(agentRecord, 'POST', '/agents', { id, name: 'applied', system_prompt: 'x' })).toMatchObject({ id })
    expect(await read(agentRecord, 'POST', '/agents', { name: 'applied', system_prompt: 'y' })).toMatchObject({ id, system_prompt: 'y' })
    expect(await read(agentRecord, 'GET', `/agents/${agent.id}`)).toMatchObject({ name: agent.name })
  })

  it('are listed under the key that each client reads', async () => {
    const agent = await createAgent()
    const list = z.object({ data: z.array(agentRecord), total: z.int(), offset: z.int(), limit: z.int(), agents: z.array(agentRecord) })
    const { data, agents } = await read(list, 'GET', `/agents?search=${agent.name}`)
    expect(data.map(({ id }) => id)).toContain(agent.id)
    expect(agents).toEqual(data)
  })

  it('have statistics', async () => {
    const agent = await createAgent()
    const session = await ownSession({ agent_id: agent.id })
    expect(await read(agentStatsRecord, 'GET', `/agents/${agent.id}/stats`)).toMatchObject({ session_count: 1, started_session_count: 1, execution_count: 0 })
    const stream = await openStream(`${server.url}/v1/sessions/${session.id}/sse`, { authorization: key })
    await read(messageRecord, 'POST', `/sessions/${session.id}/messages`, textMessage('Hello'))
    await stream.until('session.idled')
    stream.close()
    expect(await read(agentStatsRecord, 'GET', `/agents/${agent.id}/stats`)).toMatchObject({ session_count: 1, idle_session_count: 1, execution_count: 1 })
  })

  it.each(emptyBodies)('are copied as %s asks for it', async (_client, body) => {
    const agent = await createAgent()
    const copied = await call<Agent>('POST', `/agents/${agent.id}/copy`, body)
    expect(copied.status, copied.text).toBe(201)
    expect(agentRecord.parse(copied.body)).toMatchObject({ system_prompt: agent.system_prompt })
  })

  it('are imported from text, exported, and archived', async () => {
    const imported = await call<Agent>('POST', '/agents/import', '---\nname: from-text\n---\nBe brief.', { 'content-type': 'text/plain' })
    expect(imported.status, imported.text).toBe(201)
    const { id } = agentRecord.parse(imported.body)
    expect((await call('GET', `/agents/${id}/export`)).text).toContain('Be brief.')
    expect((await call('DELETE', `/agents/${id}`)).status).toBe(204)
  })
})

describe('sessions', () => {
  it('are created, read, and listed under the key that each client reads', async () => {
    const agent = await createAgent()
    const { id } = await ownSession({ agent_id: agent.id, title: 'Weather & wine', initial_files: [] })
    expect(await read(sessionRecord, 'GET', `/sessions/${id}`)).toMatchObject({ agent_id: agent.id, title: 'Weather & wine', is_pinned: false })
    const list = z.object({ data: z.array(sessionRecord), total: z.int(), offset: z.int(), limit: z.int(), sessions: z.array(sessionRecord) })
    for (const query of [`agent_id=${agent.id}`, 'search=weather+%26', `agent_id=${agent.id}&search=WINE`]) {
      const { data, sessions } = await read(list, 'GET', `/sessions?${query}`)
      expect(data.map((session) => session.id), query).toEqual([id])
      expect(sessions).toEqual(data)
    }
  })

  it('are pinned, exported and deleted, without a body and with its content type', async () => {
    const { id } = await ownSession()
    for (const [method, isPinned] of [['PUT', true], ['PUT', true], ['DELETE', false], ['DELETE', false]] as const) {
      expect((await call(method, `/sessions/${id}/pin`)).status).toBe(204)
      expect(await read(sessionRecord, 'GET', `/sessions/${id}`)).toMatchObject({ is_pinned: isPinned })
    }
    expect((await call('GET', `/sessions/${id}/export`)).status).toBe(200)
    expect((await call('DELETE', `/sessions/${id}`)).status).toBe(204)
    expect((await call('GET', `/sessions/${id}`)).status).toBe(404)
  })

  it.each(emptyBodies)('are cancelled as %s asks for it', async (_client, body) => {
    const { id } = await ownSession()
    const cancelled = await call<object>('POST', `/sessions/${id}/cancel`, body)
    expect(cancelled.status, cancelled.text).toBe(200)
    expect(cancelled.body).toMatchObject({ status: 'no_op' })
  })
})

describe('messages', () => {
  it('are created, with the controls as each client spells them, and listed under the key that each reads', async () => {
    const { id } = await ownSession()
    const { body: { data: [model] } } = await call<{ data: { id: string }[] }>('GET', '/models')
    for (const controls of [{ modelId: model!.id }, { model_id: model!.id }]) {
      const actor = { actor_id: 'U1', source: 'chat', actor_name: 'Ada' }
      const posted = await read(messageRecord, 'POST', `/sessions/${id}/messages`, { message: { role: 'user', content: [{ type: 'text', text: 'Hi' }] }, controls, external_actor: actor })
      expect(posted).toMatchObject({ role: 'user', external_actor: actor })
    }
    const list = z.object({ data: z.array(messageRecord), messages: z.array(messageRecord) })
    const { data, messages } = await read(list, 'GET', `/sessions/${id}/messages`)
    expect(data.filter(({ role }) => role === 'user')).toHaveLength(2)
    expect(messages).toEqual(data)
  })

  it('of tools are answered, and a client that comes too early is told in the words on which it tries again', async () => {
    const tools = [{ type: 'client_side', name: 'ask', description: 'Asks', parameters: { type: 'object' } }]
    const session = await createAuthorized(tools)
    const results = (tool_call_id: string) => JSON.stringify({ tool_results: [{ tool_call_id, result: { answer: 42 } }] })
    const early = await call<{ error: { message: string } }>('POST', `/sessions/${session.id}/tool-results`, results('call_1'))
    expect(early.status).toBe(409)
    expect(early.body.error.message).toContain('not waiting for tool results')

    const stream = await openStream(`${server.url}/api/v1/sessions/${session.id}/sse`, { authorization: key })
    await read(messageRecord, 'POST', `/sessions/${session.id}/messages`, scriptMessage([{ tool_calls: [{ name: 'ask', arguments: {} }] }, { text: 'Done.' }]))
    const requested = (await stream.until('tool.call_requested')).at(-1)!.data as unknown as Event
    const [asked] = (requested.data as { tool_calls: { id: string }[] }).tool_calls
    const answered = await call<object>('POST', `/sessions/${session.id}/tool-results`, results(asked!.id))
    expect(answered.body, answered.text).toMatchObject({ accepted: 1, status: 'active' })
    await stream.until('session.idled')
    stream.close()
    const { data } = await read(z.object({ data: z.array(messageRecord) }), 'GET', `/sessions/${session.id}/messages`)
    expect(data.map(({ role }) => role)).toEqual(['user', 'agent', 'tool_result', 'agent'])
  })
})

const createAuthorized = (tools: object[]) => call<Session>('POST', '/sessions', JSON.stringify({ tools })).then(({ body }) => body)

describe('events', () => {
  it('are listed under the key that each client reads, filtered by repeated keys', async () => {
    const { id } = await ownSession()
    const stream = await openStream(`${server.url}/v1/sessions/${id}/sse`, { authorization: key })
    await read(messageRecord, 'POST', `/sessions/${id}/messages`, textMessage('Hello'))
    await stream.until('session.idled')
    stream.close()
    const list = z.object({ data: z.array(eventRecord), events: z.array(eventRecord) })
    const all = await read(list, 'GET', `/sessions/${id}/events?limit=1000`)
    expect(all.events).toEqual(all.data)
    const some = await read(list, 'GET', `/sessions/${id}/events?types=turn.started&types=turn.completed&exclude=turn.started&limit=10&before_sequence=1000`)
    expect(some.data.map(({ type }) => type)).toEqual(['turn.completed'])
    expect((await read(list, 'GET', `/sessions/${id}/events?since_id=${all.data.at(-2)!.id}`)).data).toEqual(all.data.slice(-1))
  })
})

describe('capabilities', () => {
  it('are listed and read', async () => {
    const list = z.object({ data: z.array(capabilityRecord), total: z.int(), offset: z.int(), limit: z.int() })
    const { data } = await read(list, 'GET', '/capabilities?search=calc&offset=0&limit=5')
    expect(await read(capabilityRecord, 'GET', `/capabilities/${data[0]!.id}`)).toEqual(data[0])
  })
})

describe('errors', () => {
  it('have the code and message that the clients parse', async () => {
    const missing = await call<{ error: object }>('GET', `/sessions/sess_${'0'.repeat(32)}`)
    expect(missing.status).toBe(404)
    expect(missing.body.error).toEqual({ code: 'session_not_found', message: 'Session not found' })
    const foreign = await send<{ error: object }>(`${server.url}/api/v1/agents`, { headers: { authorization: 'wrong' } })
    expect(foreign.status).toBe(401)
    expect(foreign.body.error).toMatchObject({ code: 'unauthorized' })
  })
})
