import type { Session } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectProblem, post, send } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

const unknownId = (prefix: string) => `${prefix}_${'0'.repeat(31)}9`

describe('POST /v1/sessions', () => {
  describe('201', () => {
    it('creates a session from nothing at all: no body, an empty one, an empty object', async () => {
      const bodies = [undefined, '', '{}']
      for (const body of bodies) {
        const answer = await send<Session>(`${server.url}/v1/sessions`, { method: 'POST', headers: { 'content-type': 'application/json' }, ...(body !== undefined && { body }) })
        expect(answer.status, answer.text).toBe(201)
        expect(answer.body).toMatchObject({ organization_id: seeded.organization_id, harness_id: seeded.harness_id, status: 'started', agent_id: null, tags: [] })
      }
      expect((await send(`${server.url}/v1/sessions`, { method: 'POST' })).status).toBe(201)
    })

    it('keeps every setting, finds the agent by its name, and is also under /api/v1', async () => {
      const settings = { title: 'A title', locale: 'de-CH', tags: ['a', 'b'], model_id: seeded.model_id, max_iterations: 3, hints: { b: 1, '1': 2 }, when_busy: 'reject' }
      const answer = await post<Session>(`${server.url}/api/v1/sessions`, { ...settings, agent_name: 'assistant', harness_name: 'generic', unknown_field: 1 })
      expect(answer.status, answer.text).toBe(201)
      expect(answer.body).toMatchObject({ ...settings, agent_id: seeded.agent_id })
      expect((await send(`${server.url}/api/v1/sessions/${answer.body.id}`)).body).toEqual(answer.body)
    })

    it('emits session.started as the first event', async () => {
      const { body: session } = await post<Session>(`${server.url}/v1/sessions`, { agent_id: seeded.agent_id })
      const { body } = await send<{ data: object[] }>(`${server.url}/v1/sessions/${session.id}/events`)
      expect(body.data).toMatchObject([{ type: 'session.started', sequence: 1, data: { harness_id: seeded.harness_id, agent_id: seeded.agent_id } }])
    })
  })

  describe('400', () => {
    it.each([
      ['an agent by id and by name', { agent_id: seeded.agent_id, agent_name: 'assistant' }, 'invalid_request', 'agent_name'],
      ['an unknown agent id', { agent_id: unknownId('agent') }, 'unknown_agent', 'agent_id'],
      ['an unknown agent name', { agent_name: 'nobody' }, 'unknown_agent', 'agent_name'],
      ['an agent id of 31 digits', { agent_id: `agent_${'0'.repeat(31)}` }, 'invalid_id', 'agent_id'],
      ['an unknown model', { model_id: unknownId('model') }, 'unknown_model', 'model_id'],
      ['an unknown harness', { harness_id: unknownId('harness') }, 'unknown_harness', 'harness_id'],
      ['an unknown harness name', { harness_name: 'special' }, 'unknown_harness', 'harness_name'],
      ['an unknown capability', { capabilities: [{ ref: 'calculator' }, { ref: 'shell' }] }, 'unknown_capability', 'capabilities[1].ref'],
      ['two tools of one name', { tools: [{ type: 'client_side', name: 'ask' }, { type: 'client_side', name: 'ask' }] }, 'invalid_request', 'tools[1].name'],
      ['a webhook tool that claims to be transactional', { tools: [{ type: 'webhook', name: 'ask', url: 'https://example.com', effects: 'transactional' }] }, 'invalid_request', 'tools[0].effects'],
      ['a policy that is not there', { when_busy: 'ignore' }, 'invalid_request', 'when_busy'],
      ['a NUL in the title', { title: 'a\0b' }, 'invalid_request', 'title'],
      ['a lone surrogate in a tag', { tags: ['\ud800'] }, 'invalid_request', 'tags[0]'],
      ['an array', [], 'invalid_request', ''],
    ])('refuses %s', async (_what, body, code, path) => {
      expectProblem(await post(`${server.url}/v1/sessions`, body), 400, code, path)
    })
  })

  it('413: refuses a body over 1 MiB', async () => {
    expectProblem(await post(`${server.url}/v1/sessions`, { title: 'x'.repeat(1024 * 1024) }), 413, 'body_too_large')
  })

  it('415: refuses another content type, charset or encoding', async () => {
    const url = `${server.url}/v1/sessions`
    expectProblem(await post(url, '{}', { 'content-type': 'text/plain' }), 415, 'unsupported_media_type')
    expectProblem(await post(url, '{}', { 'content-type': 'application/json; charset=latin1' }), 415, 'unsupported_media_type')
    expectProblem(await post(url, '{}', { 'content-encoding': 'gzip' }), 415, 'unsupported_encoding')
  })
})

describe('GET /v1/sessions/{session_id}', () => {
  it('200: accepts the alias session_ and answers with sess_', async () => {
    const { body: session } = await post<Session>(`${server.url}/v1/sessions`, {})
    const answer = await send<Session>(`${server.url}/v1/sessions/${session.id.replace('sess_', 'session_')}`)
    expect(answer.body).toEqual(session)
  })

  it('404: does not tell an unknown session from one of another organization', async () => {
    const { body: session } = await post<Session>(`${server.url}/v1/sessions`, {})
    await server.pool.query(`INSERT INTO organizations (id, name) VALUES ('org_1', 'Other') ON CONFLICT DO NOTHING`)
    await server.pool.query(`ALTER TABLE session_heads DROP CONSTRAINT IF EXISTS session_heads_organization_id_session_id_fkey`)
    await server.pool.query(`UPDATE session_heads SET organization_id = 'org_1' WHERE session_id = $1`, [session.id])
    await server.pool.query(`UPDATE sessions SET organization_id = 'org_1' WHERE id = $1`, [session.id])
    const foreign = await send(`${server.url}/v1/sessions/${session.id}`)
    const unknown = await send(`${server.url}/v1/sessions/${unknownId('sess')}`)
    expectProblem(foreign, 404, 'session_not_found')
    expect({ ...foreign.body, instance: '' }).toEqual({ ...unknown.body, instance: '' })
  })
})
