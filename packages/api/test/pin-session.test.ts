import type { Session } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate } from './support/call-procedure.ts'
import { createForeignSession } from './support/create-foreign-session.ts'
import { markDeleted } from './support/mark-deleted.ts'
import { createSession, expectProblem, send } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

/** As the documented clients do: with a JSON content type, and no body. */
const ask = (method: string, id: string) => send(`${server.url}/v1/sessions/${id}/pin`, { method, headers: { 'content-type': 'application/json', authorization: 'test' } })
const read = async (id: string) => (await send<Session>(`${server.url}/v1/sessions/${id}`)).body

describe.each([
  ['PUT', true, 'sessions.pin'],
  ['DELETE', false, 'sessions.unpin'],
])('%s /v1/sessions/{session_id}/pin', (method, is_pinned, procedure) => {
  it('204: however often it is asked, and changes nothing else', async () => {
    const session = await createSession(server.url)
    expect(session.is_pinned).toBe(false)
    if (!is_pinned) await ask('PUT', session.id)
    for (let count = 0; count < 2; count++) {
      const answer = await ask(method, session.id)
      expect([answer.status, answer.text]).toEqual([204, ''])
      expect(await read(session.id)).toEqual({ ...session, is_pinned })
    }
  })

  it('is the same over tRPC', async () => {
    const { id } = await createSession(server.url)
    await ask(is_pinned ? 'DELETE' : 'PUT', id)
    expect((await mutate(server.url, procedure, { session_id: id })).status).toBe(200)
    expect((await read(id)).is_pinned).toBe(is_pinned)
  })

  it('400: refuses what is no session’s id', async () => {
    expectProblem(await ask(method, 'sess_1'), 400, 'invalid_id', 'session_id')
  })

  it('404: for a session that is unknown, deleted or another organization’s', async () => {
    const { id: deleted } = await createSession(server.url)
    await markDeleted(server.pool, deleted)
    const foreign = await createForeignSession(server.pool)
    for (const id of [`sess_${'0'.repeat(32)}`, deleted, foreign]) expectProblem(await ask(method, id), 404, 'session_not_found')
    const { rows } = await server.pool.query('SELECT FROM sessions WHERE id = $1 AND pinned_at IS NOT NULL', [foreign])
    expect(rows).toEqual([])
  })
})
