import { newId, type Agent } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectProblem, post, send } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

const url = () => `${server.url}/v1/agents`
const create = async (body: object) => {
  const answer = await post<Agent>(url(), { system_prompt: 'Help.', ...body })
  expect(answer.status, answer.text).toBe(201)
  return answer.body
}

describe('POST /v1/agents', () => {
  it('201: creates an agent with all its settings, `model` being another name of default_model_id', async () => {
    const settings = { name: 'helper', display_name: 'Helper', capabilities: [{ ref: 'calculator' }], tags: ['a'], max_iterations: 3, when_busy: 'reject' }
    expect(await create({ ...settings, model: seeded.model_id })).toMatchObject({ ...settings, default_model_id: seeded.model_id, status: 'active', tools: [] })
  })

  it('201: replaces the agent of the same name, or of the same id', async () => {
    const first = await create({ name: 'twice' })
    expect(await create({ name: 'twice', system_prompt: 'Help more.' })).toMatchObject({ id: first.id, system_prompt: 'Help more.' })
    expect(await create({ id: first.id, name: 'renamed' })).toMatchObject({ id: first.id, name: 'renamed' })
    const id = newId('agent')
    expect(await create({ id, name: 'own-id' })).toMatchObject({ id })
  })

  it.each([
    ['no name', { system_prompt: 'x' }, 'invalid_request', 'name'],
    ['a name that is no slug', { name: 'Not a slug', system_prompt: 'x' }, 'invalid_request', 'name'],
    ['no prompt', { name: 'x' }, 'invalid_request', 'system_prompt'],
    ['an unknown capability', { name: 'x', system_prompt: 'x', capabilities: [{ ref: 'shell' }] }, 'unknown_capability', 'capabilities[0].ref'],
    ['an unknown model', { name: 'x', system_prompt: 'x', model: `model_${'0'.repeat(32)}` }, 'unknown_model', 'default_model_id'],
    ['two tools of one name', { name: 'x', system_prompt: 'x', tools: [{ type: 'client', name: 'a' }, { type: 'client', name: 'a' }] }, 'invalid_request', 'tools[1].name'],
    ['a policy that is not there', { name: 'x', system_prompt: 'x', when_busy: 'ignore' }, 'invalid_request', 'when_busy'],
  ])('400: refuses %s', async (_what, body, code, path) => {
    expectProblem(await post(url(), body), 400, code, path)
  })

  it("409: answers an id that is another organization's as any that cannot be created", async () => {
    const { id } = await create({ name: 'foreign' })
    await server.pool.query(`WITH o AS (INSERT INTO organizations (id, name) VALUES ('org_2', 'Other') RETURNING id) SELECT * FROM o`)
    await server.pool.query(`UPDATE agents SET organization_id = 'org_2' WHERE id = $1`, [id])
    expectProblem(await post(url(), { id, name: 'mine', system_prompt: 'x' }), 409, 'agent_conflict')
    expectProblem(await post(url(), { id: newId('agent'), name: 'assistant', system_prompt: 'x' }), 409, 'agent_conflict')
  })
})

describe('GET /v1/agents/{agent_id}', () => {
  it('200: finds by id and by name', async () => {
    const agent = await create({ name: 'findable' })
    for (const key of [agent.id, 'findable']) expect((await send<Agent>(`${url()}/${key}`)).body).toEqual(agent)
  })

  it('400, 404', async () => {
    expectProblem(await send(`${url()}/agent_1`), 400, 'invalid_id', 'agent_id')
    expectProblem(await send(`${url()}/a%00b`), 400, 'invalid_id', 'agent_id')
    expectProblem(await send(`${url()}/nobody`), 404, 'agent_not_found')
    expectProblem(await send(`${url()}/${newId('agent')}`), 404, 'agent_not_found')
  })
})
