import { newId, type Problem } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate } from './support/call-procedure.ts'
import { createForeignSession } from './support/create-foreign-session.ts'
import { openStream } from './support/open-stream.ts'
import { parkTurn } from './support/park-turn.ts'
import { remove } from './support/providers.ts'
import { createSession, expectProblem, post, postMessage, scriptMessage, send, textMessage } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

const at = (sessionId: string, path = '') => `${server.url}/v1/sessions/${sessionId}${path}`
const hang = scriptMessage([{ text: 'never', fail: { kind: 'hang', times: 1 } }])

describe('DELETE /v1/sessions/{session_id}', () => {
  it('204: and from then on everything about it is 404', async () => {
    const session = await createSession(server.url)
    const message = await postMessage(server.url, session.id, textMessage('hello'), { 'idempotency-key': 'once' })
    const deleted = await remove(at(session.id))
    expect(deleted.status, deleted.text).toBe(204)
    for (const path of ['', '/messages', '/events', '/sse', '/tool-results/call_1']) expectProblem(await send(at(session.id, path)), 404, 'session_not_found')
    expectProblem(await post(at(session.id, '/messages'), textMessage('late')), 404, 'session_not_found')
    expectProblem(await post(at(session.id, '/messages'), textMessage('hello'), { 'idempotency-key': 'once' }), 404, 'session_not_found')
    expectProblem(await post(at(session.id, '/cancel'), ''), 404, 'session_not_found')
    expectProblem(await post(at(session.id, '/tool-results'), { tool_results: [{ tool_call_id: 'x', result: 1 }] }), 404, 'session_not_found')
    expectProblem(await send(`${server.url}/v1/durable/workflows/${message.turn_id}`), 404, 'turn_not_found')
    expectProblem(await remove<Problem>(at(session.id)), 404, 'session_not_found')
  })

  it('204: a stream ends with a good-bye, and one by tRPC breaks', async () => {
    const session = await createSession(server.url)
    const stream = await openStream(at(session.id, '/sse'))
    const input = encodeURIComponent(JSON.stringify({ session_id: session.id }))
    const subscription = await openStream(`${server.url}/trpc/events.subscribe?input=${input}`)
    await stream.until('session.started')
    await remove(at(session.id))
    expect((await stream.rest()).at(-1)).toMatchObject({ event: 'disconnecting', data: { reason: 'session_deleted' } })
    expect(JSON.stringify((await subscription.rest()).at(-1))).toContain('session_not_found')
  })

  it('204: who waits for an answer gets a 404', async () => {
    const session = await createSession(server.url)
    const stream = await openStream(at(session.id, '/sse'))
    const waiting = post(at(session.id, '/messages?wait=true'), hang)
    await stream.until('reason.started')
    stream.close()
    await remove(at(session.id))
    expectProblem(await waiting, 404, 'session_not_found')
  })

  it('204: while its turn waits for its caller', async () => {
    const { session_id } = await parkTurn(server.url)
    expect((await remove(at(session_id))).status).toBe(204)
    expectProblem(await post(at(session_id, '/tool-results'), { tool_results: [{ tool_call_id: 'call_1', result: 1 }] }), 404, 'session_not_found')
  })

  it('204: by tRPC too', async () => {
    const { id: session_id } = await createSession(server.url)
    expect((await mutate(server.url, 'sessions.delete', { session_id })).status).toBe(200)
    expect((await mutate(server.url, 'sessions.delete', { session_id })).body.error?.data.code).toBe('session_not_found')
  })

  it('400, 404: a foreign one is like one that is not there', async () => {
    expectProblem(await remove<Problem>(at('x')), 400, 'invalid_id', 'session_id')
    for (const id of [newId('session'), await createForeignSession(server.pool)]) expectProblem(await remove<Problem>(at(id)), 404, 'session_not_found')
  })
})
