import type { Session, SessionStats } from '@reprise/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { query } from './support/call-procedure.ts'
import { createForeignSession } from './support/create-foreign-session.ts'
import { markDeleted } from './support/mark-deleted.ts'
import { readUntil } from './support/open-stream.ts'
import { parkTurn } from './support/park-turn.ts'
import { createSession, expectProblem, postMessage, scriptMessage, send, textMessage } from './support/requests.ts'
import { runTurn } from './support/run-turn.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

const readStats = async () => (await send<SessionStats>(`${server.url}/v1/sessions/stats`)).body

it('GET /v1/sessions/stats 200: counts nothing where there is nothing', async () => {
  const none = { started: 0, active: 0, idle: 0, waitingfortoolresults: 0 }
  await createForeignSession(server.pool)
  expect(await readStats()).toEqual({ total: 0, ...none, by_status: none })
})

it('GET /v1/sessions/stats 200: counts sessions by status, without what is deleted or another organization’s', async () => {
  const [, idle, active, gone] = [await createSession(server.url), await createSession(server.url), await createSession(server.url), await createSession(server.url)] as [Session, Session, Session, Session]
  await runTurn(server.url, idle.id, textMessage('x'))
  await runTurn(server.url, gone.id, textMessage('x'))
  await markDeleted(server.pool, gone.id)
  await parkTurn(server.url)
  await postMessage(server.url, active.id, scriptMessage([{ fail: { kind: 'hang', times: 99 } }]))
  await readUntil(server.url, active.id, 'reason.started')
  const counts = { started: 1, active: 1, idle: 1, waitingfortoolresults: 1 }
  expect(await readStats()).toEqual({ total: 4, ...counts, by_status: counts })
  expect((await query(server.url, 'sessions.stats')).body.result?.data).toEqual(await readStats())
})

it('GET /v1/sessions/stats stands before /v1/sessions/{session_id}; other methods do not', async () => {
  expectProblem(await send(`${server.url}/v1/sessions/stats`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{}' }), 400, 'invalid_id', 'session_id')
})
