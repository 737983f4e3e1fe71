import type { Model, Problem, Session } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mutate } from './support/call-procedure.ts'
import { createForeignSession } from './support/create-foreign-session.ts'
import { markDeleted } from './support/mark-deleted.ts'
import { createModel, createProvider, patch } from './support/providers.ts'
import { readUntil } from './support/open-stream.ts'
import { createSession, expectProblem, post, postMessage, scriptMessage, send, textMessage } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let model: Model
let session: Session
beforeAll(async () => {
  server = await startServer()
  model = await createModel(server.url, (await createProvider(server.url, { provider_type: 'sim' })).id)
})
afterAll(() => server.close())
beforeEach(async () => {
  session = await createSession(server.url, { title: 'Old', tags: ['old'], tools: [{ type: 'client_side', name: 'ask' }] })
})

const update = <T = Session>(changes: unknown, id = session.id) => patch<T>(`${server.url}/v1/sessions/${id}`, changes)
const read = async (id = session.id) => (await send<Session>(`${server.url}/v1/sessions/${id}`)).body

describe('PATCH /v1/sessions/{session_id}', () => {
  describe('200', () => {
    it('changes what is given and leaves the rest', async () => {
      const changes = {
        title: 'New', tags: ['new', 'Ünicode "x"'], locale: 'de-CH', model_id: model.id, when_busy: 'steer', system_prompt: 'Be brief.', max_iterations: 3,
        parallel_tool_calls: false, hints: { b: 1, '1': 2 }, capabilities: [{ ref: 'calculator' }],
      }
      for (const [key, value] of Object.entries(changes)) {
        const before = await read()
        const { status, body } = await update({ [key]: value })
        expect(status).toBe(200)
        expect(body).toEqual({ ...before, [key]: value, updated_at: body.updated_at })
        expect(Date.parse(body.updated_at)).toBeGreaterThan(Date.parse(before.updated_at))
        expect(await read()).toEqual(body)
      }
    })

    it('clears with null, and takes an empty list for one', async () => {
      await update({ title: 'x', locale: 'de', model_id: model.id, hints: {}, max_iterations: 1, when_busy: 'reject' })
      const { body } = await update({ title: null, locale: null, model_id: null, hints: null, max_iterations: null, when_busy: null, tags: null, tools: [] })
      expect(body).toMatchObject({ title: null, locale: null, model_id: null, hints: null, max_iterations: null, when_busy: null, tags: [], tools: [] })
    })

    it('ignores what it does not know, also what no request can change', async () => {
      const { body } = await update({ id: `sess_${'1'.repeat(32)}`, organization_id: 'x', status: 'idle', is_pinned: true, agent_id: 'x', mcpServers: 1 })
      expect(body).toEqual({ ...session, updated_at: body.updated_at })
    })

    it('leaves a running turn the model that it began with, and gives the next message the new one', async () => {
      await postMessage(server.url, session.id, scriptMessage([{ tool_calls: [{ name: 'ask', arguments: {} }] }, { text: 'first' }]))
      await readUntil(server.url, session.id, 'tool.call_requested')
      expect((await update({ model_id: model.id })).body).toMatchObject({ model_id: model.id, status: 'waitingfortoolresults' })
      await post(`${server.url}/v1/sessions/${session.id}/tool-results`, { tool_results: [{ tool_call_id: 'call_1', result: 1 }] })
      await readUntil(server.url, session.id, 'session.idled')
      await post(`${server.url}/v1/sessions/${session.id}/messages?wait=true`, textMessage('second'))
      const { rows } = await server.pool.query<{ model_id: string }>('SELECT model_id FROM turns WHERE session_id = $1 ORDER BY ordinal', [session.id])
      expect(rows.map(({ model_id }) => model_id)).toEqual([seeded.model_id, model.id])
    })

    it('is the same over tRPC', async () => {
      const { body } = await mutate<Session>(server.url, 'sessions.update', { session_id: session.id, title: 'New' })
      expect(body.result?.data).toEqual(await read())
      expect(body.result?.data.title).toBe('New')
    })
  })

  describe('400, and nothing is changed', () => {
    it.each([
      ['a title that is no text', { title: 1 }, 'invalid_request', 'title'],
      ['a title that is too long', { title: 'x'.repeat(513) }, 'invalid_request', 'title'],
      ['a NUL', { title: 'a\0b' }, 'invalid_request', 'title'],
      ['a lone surrogate', { tags: ['\ud800'] }, 'invalid_request', 'tags[0]'],
      ['51 tags', { tags: Array(51).fill('x') }, 'invalid_request', 'tags'],
      ['tags that are no list', { tags: 'x' }, 'invalid_request', 'tags'],
      ['a locale that is too long', { locale: 'x'.repeat(65) }, 'invalid_request', 'locale'],
      ['an unknown model', { model_id: `model_${'0'.repeat(31)}9` }, 'unknown_model', 'model_id'],
      ['what is no model’s id', { model_id: 'gpt' }, 'invalid_id', 'model_id'],
      ['an unknown policy', { when_busy: 'ignore' }, 'invalid_request', 'when_busy'],
      ['no iterations', { max_iterations: 0 }, 'invalid_request', 'max_iterations'],
      ['an unknown capability', { capabilities: [{ ref: 'shell' }] }, 'unknown_capability', 'capabilities[0].ref'],
      ['a tool of a name that its agent has', { tools: [{ type: 'client_side', name: 'calculator' }] }, 'invalid_request', 'tools[0].name'],
      ['a list', [], 'invalid_request', ''],
    ])('refuses %s', async (_what, changes, code, path) => {
      const request = Array.isArray(changes) ? changes : { locale: 'fr', ...changes }
      expectProblem((await update<Problem>(request)), 400, code, path)
      expect(await read()).toEqual(session)
    })

    it('refuses a capability whose tool has the name of one that the session has', async () => {
      const { id } = await createSession(server.url, { agent_name: undefined, tools: [{ type: 'client_side', name: 'calculator' }] })
      expectProblem(await update<Problem>({ capabilities: [{ ref: 'calculator' }] }, id), 400, 'invalid_request', 'capabilities[0].ref')
    })

    it('refuses a body that is no JSON, or none', async () => {
      const sendText = (body: string) => send(`${server.url}/v1/sessions/${session.id}`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body })
      expectProblem(await sendText('{'), 400, 'invalid_json')
      expectProblem(await sendText(''), 400, 'invalid_request', '')
    })
  })

  it('404: for a session that is unknown, deleted or another organization’s', async () => {
    const foreign = await createForeignSession(server.pool)
    await markDeleted(server.pool, session.id)
    for (const id of [`sess_${'0'.repeat(32)}`, session.id, foreign]) expectProblem(await update<Problem>({ title: 'New' }, id), 404, 'session_not_found')
    const { rows } = await server.pool.query('SELECT title FROM sessions WHERE id = $1', [foreign])
    expect(rows).toEqual([{ title: null }])
  })

  it('413, 415: refuses a body that is too large or of another type', async () => {
    expectProblem(await update<Problem>({ title: 'x'.repeat(1024 * 1024) }), 413, 'body_too_large')
    expectProblem(await send(`${server.url}/v1/sessions/${session.id}`, { method: 'PATCH', headers: { 'content-type': 'text/plain' }, body: '{}' }), 415, 'unsupported_media_type')
  })
})
