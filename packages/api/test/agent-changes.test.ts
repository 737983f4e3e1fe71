import { newId, type Agent, type AgentStats, type Problem, type Session } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate, query } from './support/call-procedure.ts'
import { foreignOrganizationId } from './support/create-foreign-session.ts'
import { patch, remove, secretKey } from './support/providers.ts'
import { createSession, expectProblem, post, send, textMessage, type Answer } from './support/requests.ts'
import { runTurn } from './support/run-turn.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let foreign: Agent
beforeAll(async () => {
  server = await startServer({ engine: { secretKeys: [secretKey] } })
  foreign = await create({ name: 'foreign' })
  await server.pool.query(`INSERT INTO organizations (id, name) VALUES ($1, 'Other')`, [foreignOrganizationId])
  await server.pool.query(`UPDATE agents SET organization_id = $2 WHERE id = $1`, [foreign.id, foreignOrganizationId])
})
afterAll(() => server.close())

const url = () => `${server.url}/v1/agents`
let names = 0
async function create(settings: object = {}): Promise<Agent> {
  const answer = await post<Agent>(url(), { name: `agent-${++names}`, system_prompt: 'Help.', ...settings })
  expect(answer.status, answer.text).toBe(201)
  return answer.body
}
const put = <T = Problem>(id: string, body: unknown) => send<T>(`${url()}/${id}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
const readSealed = async ({ id }: Agent) => (await server.pool.query<{ sealed: Buffer | null }>('SELECT mcp_headers_sealed AS sealed FROM agents WHERE id = $1', [id])).rows[0]!.sealed

const whole = {
  display_name: 'Helper', description: 'Helps', default_model_id: seeded.model_id, capabilities: [{ ref: 'calculator' }], tags: ['a', 'b'],
  tools: [{ type: 'client_side', name: 'ask', description: '', parameters: { type: 'object' } }], max_iterations: 3, parallel_tool_calls: false, when_busy: 'reject',
  mcpServers: { shop: { url: 'https://shop.example.com/mcp', headers: { 'x-key': 'hunter2' } } },
}
const bare = { display_name: null, description: null, default_model_id: null, capabilities: [], tags: [], tools: [], max_iterations: null, parallel_tool_calls: null, when_busy: null, mcpServers: {} }

const badSettings: [string, object, string, string][] = [
  ['a name that is no slug', { name: 'No Slug' }, 'invalid_request', 'name'],
  ['null for a name', { name: null }, 'invalid_request', 'name'],
  ['null for a prompt', { system_prompt: null }, 'invalid_request', 'system_prompt'],
  ['a number for a prompt', { system_prompt: 5 }, 'invalid_request', 'system_prompt'],
  ['a NUL in the prompt', { system_prompt: 'a\0' }, 'invalid_request', 'system_prompt'],
  ['a long display name', { display_name: 'a'.repeat(257) }, 'invalid_request', 'display_name'],
  ['a model that is not there', { model: newId('model') }, 'unknown_model', 'default_model_id'],
  ['a malformed model id', { default_model_id: 'model_1' }, 'invalid_id', 'default_model_id'],
  ['a capability that is not there', { capabilities: [{ ref: 'shell' }] }, 'unknown_capability', 'capabilities[0].ref'],
  ['a tool without a name', { tools: [{ type: 'client' }] }, 'invalid_request', 'tools[0].name'],
  ['a tool with a bad schema', { tools: [{ type: 'client', name: 'a', parameters: { type: 'nothing' } }] }, 'invalid_request', 'tools[0].parameters'],
  ['no iterations', { max_iterations: 0 }, 'invalid_request', 'max_iterations'],
  ['51 tags', { tags: Array.from({ length: 51 }, () => 'a') }, 'invalid_request', 'tags'],
  ['a policy that is not there', { when_busy: 'ignore' }, 'invalid_request', 'when_busy'],
  ['a harness that is not there', { harness_name: 'other' }, 'unknown_harness', 'harness_name'],
  ['an inward MCP server', { mcpServers: { a: { url: 'https://127.0.0.1/mcp' } } }, 'invalid_request', 'mcpServers.a.url'],
  ['a header as answers show it', { mcp_servers: { a: { url: 'https://example.com/mcp', headers: { 'x-key': '***' } } } }, 'invalid_request', 'mcpServers.a.headers.x-key'],
]

describe('GET /v1/agents', () => {
  it('200: the newest first, page by page, under both names, with none of another organization', async () => {
    const [older, newer] = [await create(), await create()]
    const { body } = await send<{ data: Agent[]; agents: Agent[]; total: number }>(url())
    expect(body.data.slice(0, 2)).toEqual([newer, older])
    expect(body.agents).toEqual(body.data)
    expect(body.data.map(({ id }) => id)).not.toContain(foreign.id)
    expect((await send(`${url()}?offset=1&limit=1`)).body).toMatchObject({ data: [older], total: body.total, offset: 1, limit: 1 })
  })

  it('200: finds a part of a name, of the description or of a tag, whatever its case and characters', async () => {
    const agent = await create({ display_name: 'Ärger 100%', description: 'Deals with TROUBLE', tags: ['Red_Alert'] })
    for (const search of [agent.name.toUpperCase(), 'ärger', '100%', 'trouble', 'red_']) {
      const { body } = await send<{ data: Agent[] }>(`${url()}?search=${encodeURIComponent(search)}`)
      expect(body.data.map(({ id }) => id), search).toContain(agent.id)
    }
    for (const search of ['tr.uble', '100_', '(', 'é']) expect((await send<{ data: Agent[] }>(`${url()}?search=${encodeURIComponent(search)}`)).body.data).toEqual([])
  })

  it('200: archived ones when asked', async () => {
    const agent = await create()
    await remove(`${url()}/${agent.id}`)
    const ids = async (parameters: string) => (await send<{ data: Agent[] }>(`${url()}${parameters}`)).body.data.map(({ id }) => id)
    expect(await ids('')).not.toContain(agent.id)
    expect(await ids('?include_archived=true')).toContain(agent.id)
  })

  it.each(['limit=0', 'limit=1000000000', 'offset=-1', 'include_archived=maybe', `search=${'a'.repeat(257)}`, 'search=a%00', 'search=a&search=b'])('400: refuses %s', async (bad) => {
    expectProblem(await send(`${url()}?${bad}`), 400, 'invalid_request', bad.split('=')[0]!)
  })
})

describe('PUT /v1/agents/{agent_id}', () => {
  it('200: replaces all of it, by id or name; what is absent is gone', async () => {
    const agent = await create(whole)
    expect(await readSealed(agent)).not.toBeNull()
    const { status, body } = await put<Agent>(agent.name, { name: 'renamed-agent', system_prompt: 'New.' })
    expect(status).toBe(200)
    expect(body).toEqual({ ...agent, ...bare, name: 'renamed-agent', system_prompt: 'New.', updated_at: expect.any(String) })
    expect(await readSealed(agent)).toBeNull()
    expect((await put<Agent>(agent.id, { ...body, ...whole })).body).toMatchObject({ ...whole, mcpServers: { shop: { headers: { 'x-key': '***' } } } })
  })

  it('200: an archived agent is active again', async () => {
    const agent = await create()
    await remove(`${url()}/${agent.id}`)
    expect((await put<Agent>(agent.id, agent)).body).toMatchObject({ status: 'active' })
  })

  it.each([...badSettings, ['no name', { name: undefined }, 'invalid_request', 'name'], ['another id', { id: newId('agent') }, 'invalid_request', 'id']] as typeof badSettings)('400: refuses %s', async (_what, settings, code, path) => {
    const agent = await create()
    expectProblem(await put(agent.id, { name: agent.name, system_prompt: 'x', ...settings }), 400, code, path)
    expect((await send(`${url()}/${agent.id}`)).body).toEqual(agent)
  })

  it('409: refuses the name of another', async () => {
    expectProblem(await put((await create()).id, { name: 'assistant', system_prompt: 'x' }), 409, 'agent_conflict')
  })
})

describe('PATCH /v1/agents/{agent_id}', () => {
  it('200: changes what is given and leaves the rest, secrets too', async () => {
    const agent = await create(whole)
    const sealed = await readSealed(agent)
    const { body } = await patch<Agent>(`${url()}/${agent.name}`, { description: 'Other', tags: ['c'] })
    expect(body).toEqual({ ...agent, description: 'Other', tags: ['c'], updated_at: expect.any(String) })
    expect(await readSealed(agent)).toEqual(sealed)
  })

  it('200: null clears', async () => {
    const agent = await create(whole)
    const cleared = Object.fromEntries(Object.keys(bare).map((key) => [key, null]))
    expect((await patch(`${url()}/${agent.id}`, cleared)).body).toEqual({ ...agent, ...bare, updated_at: expect.any(String) })
    expect(await readSealed(agent)).toBeNull()
  })

  it('200: two changes at once are both made', async () => {
    const agent = await create()
    const changes = [{ description: 'One' }, { display_name: 'Two' }, { tags: ['three'] }, { max_iterations: 4 }]
    for (const { status } of await Promise.all(changes.map((change) => patch(`${url()}/${agent.id}`, change)))) expect(status).toBe(200)
    expect((await send(`${url()}/${agent.id}`)).body).toMatchObject(Object.assign({}, ...changes))
  })

  it.each(badSettings)('400: refuses %s', async (_what, settings, code, path) => {
    const agent = await create()
    expectProblem(await patch<Problem>(`${url()}/${agent.id}`, settings), 400, code, path)
    expect((await send(`${url()}/${agent.id}`)).body).toEqual(agent)
  })

  it('400: refuses a tool that collides with one that stays', async () => {
    const agent = await create({ capabilities: [{ ref: 'calculator' }] })
    expectProblem(await patch<Problem>(`${url()}/${agent.id}`, { tools: [{ type: 'client', name: 'calculator' }] }), 400, 'invalid_request', 'tools[0].name')
    expect((await patch(`${url()}/${agent.id}`, { capabilities: null, tools: [{ type: 'client', name: 'calculator' }] })).status).toBe(200)
  })

  it('409: refuses the name of another', async () => {
    expectProblem(await patch<Problem>(`${url()}/${(await create()).id}`, { name: 'assistant' }), 409, 'agent_conflict')
  })
})

describe('DELETE /v1/agents/{agent_id}', () => {
  it('204: it begins no session any more, and those it has go on; again is 204 too', async () => {
    const agent = await create()
    const session = await createSession(server.url, { agent_name: agent.name })
    for (const id of [agent.name, agent.id]) expect((await remove(`${url()}/${id}`)).status).toBe(204)
    expect((await send<Agent>(`${url()}/${agent.id}`)).body).toMatchObject({ status: 'archived' })
    expectProblem(await post(`${server.url}/v1/sessions`, { agent_id: agent.id }), 400, 'unknown_agent', 'agent_id')
    expect((await runTurn(server.url, session.id, textMessage('hello'))).map(({ type }) => type)).toContain('turn.completed')
  })
})

describe('POST /v1/agents/{agent_id}/copy', () => {
  const copy = (id: string, body: unknown = '') => post<Agent>(`${url()}/${id}/copy`, body)

  it('201: the same under a name that is free, secrets included', async () => {
    const agent = await create({ ...whole, name: 'original' })
    await remove(`${url()}/${agent.id}`)
    const { status, body } = await copy(agent.name)
    expect(status).toBe(201)
    expect(body).toEqual({ ...agent, id: expect.stringMatching(/^agent_/), name: 'original-copy', created_at: expect.any(String), updated_at: expect.any(String) })
    expect(await readSealed(body)).toEqual(await readSealed(agent))
    expect((await copy(agent.id)).body.name).toBe('original-copy-2')
    expect((await copy('original-copy')).body.name).toBe('original-copy-3')
    expect((await copy(agent.id, { name: 'own-name' })).body.name).toBe('own-name')
  })

  it('201: copies at once have different names, and long names are cut', async () => {
    const agent = await create({ name: 'a'.repeat(64) })
    const copies = await Promise.all(Array.from({ length: 5 }, () => copy(agent.id)))
    const found = copies.map(({ body }) => body.name)
    expect(new Set(found).size).toBe(5)
    for (const name of found) expect(name).toMatch(/^a+-copy(-\d)?$/)
    expect(Math.max(...found.map((name) => name.length))).toBe(64)
  })

  it('400, 409', async () => {
    const { id } = await create()
    expectProblem((await copy(id, { name: 'No Slug' })) as unknown as Answer<Problem>, 400, 'invalid_request', 'name')
    expectProblem((await copy(id, { name: 'assistant' })) as unknown as Answer<Problem>, 409, 'agent_conflict')
  })
})

it('GET /v1/agents/{agent_id}/stats 200: counts its sessions, their turns, and what they used', async () => {
  const agent = await create()
  const stats = async () => (await send<AgentStats>(`${url()}/${agent.name}/stats`)).body
  expect(await stats()).toMatchObject({ session_count: 0, execution_count: 0, avg_session_duration_ms: null, first_session_at: null, total_input_tokens: 0, is_complete: true })
  const sessions: Session[] = []
  for (let count = 0; count < 2; count++) sessions.push(await createSession(server.url, { agent_name: agent.name }))
  await runTurn(server.url, sessions[0]!.id, textMessage('hello'))
  const { usage } = (await send<Session>(`${server.url}/v1/sessions/${sessions[0]!.id}`)).body
  const counted = await stats()
  expect(counted).toMatchObject({
    session_count: 2, idle_session_count: 1, started_session_count: 1, active_session_count: 0, execution_count: 1, usage, total_input_tokens: usage.input_tokens,
    total_output_tokens: usage.output_tokens, first_session_at: sessions[0]!.created_at, last_session_at: sessions[1]!.created_at, last_execution_at: expect.any(String),
  })
  expect(counted.turns_by_status).toEqual({ waiting: 0, ready: 0, running: 0, parked: 0, completed: 1, failed: 0, cancelled: 0 })
})

it('400, 404: an agent of another organization is like one that is not there, by id and by name', async () => {
  const body = { name: 'x', system_prompt: 'x' }
  const asks: ((id: string) => Promise<Answer<Problem>>)[] = [
    (id) => send(`${url()}/${id}`),
    (id) => put(id, body),
    (id) => patch(`${url()}/${id}`, {}),
    (id) => remove(`${url()}/${id}`),
    (id) => send(`${url()}/${id}/export`),
    (id) => post(`${url()}/${id}/copy`, ''),
    (id) => send(`${url()}/${id}/stats`),
  ]
  for (const ask of asks) {
    for (const id of ['agent_1', 'Agent', 'a%00b', 'a'.repeat(65)]) expectProblem(await ask(id), 400, 'invalid_id', 'agent_id')
    for (const id of [newId('agent'), foreign.id, foreign.name, 'nobody']) expectProblem(await ask(id), 404, 'agent_not_found')
  }
  expect((await server.pool.query('SELECT status FROM agents WHERE id = $1', [foreign.id])).rows).toEqual([{ status: 'active' }])
})

it('tRPC has the same', async () => {
  const agent = await create({ name: 'typed', description: 'Before' })
  const agent_id = agent.name
  expect((await query<{ total: number }>(server.url, 'agents.list', { search: 'typed' })).body.result!.data.total).toBe(1)
  expect((await mutate<Agent>(server.url, 'agents.update', { agent_id, description: null })).body.result!.data).toMatchObject({ id: agent.id, description: null })
  expect((await mutate<Agent>(server.url, 'agents.replace', { agent_id, name: 'typed', system_prompt: 'New.' })).body.result!.data).toMatchObject({ id: agent.id, system_prompt: 'New.' })
  const document = (await query<string>(server.url, 'agents.export', { agent_id })).body.result!.data
  expect((await mutate<Agent>(server.url, 'agents.import', { document })).body.result!.data).toMatchObject({ id: agent.id })
  expect((await mutate<Agent>(server.url, 'agents.copy', { agent_id })).body.result!.data).toMatchObject({ name: 'typed-copy' })
  expect((await query<AgentStats>(server.url, 'agents.stats', { agent_id })).body.result!.data).toMatchObject({ session_count: 0 })
  await mutate(server.url, 'agents.delete', { agent_id })
  expect((await query<Agent>(server.url, 'agents.get', { agent_id })).body.result!.data).toMatchObject({ status: 'archived' })
  expect((await mutate(server.url, 'agents.replace', { agent_id, name: 'typed' })).body.error!.data).toMatchObject({ httpStatus: 400, errors: [{ path: 'system_prompt' }] })
  expect((await mutate(server.url, 'agents.update', { agent_id: 'agent_1' })).body.error!.data).toMatchObject({ httpStatus: 400, errors: [{ path: 'agent_id' }] })
})
