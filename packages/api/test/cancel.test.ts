import type { CancelResponse, Event, Message, Problem, Session } from '@reprise/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mutate } from './support/call-procedure.ts'
import { createForeignSession } from './support/create-foreign-session.ts'
import { openStream, readUntil } from './support/open-stream.ts'
import { parkTurn } from './support/park-turn.ts'
import { createSession, expectProblem, listEvents, postMessage, scriptMessage, send, textMessage } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let sessionId: string
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())
beforeEach(async () => {
  sessionId = (await createSession(server.url)).id
})

const hanging = scriptMessage([{ fail: { kind: 'hang', times: 99 } }])

/** Asks as the documented clients do: with a JSON content type, and no body. */
async function cancel<T = CancelResponse>(id: string, query = '', mount = '/v1') {
  return await send<T>(`${server.url}${mount}/sessions/${id}/cancel${query}`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: 'test' } })
}

/** The turns that ended so, in the order of their ends. */
function endedAs(events: Event[], type: 'turn.cancelled' | 'turn.completed'): (string | undefined)[] {
  return events.filter((event) => event.type === type).map((event) => event.context.turn_id)
}

async function readStatus(id: string): Promise<string> {
  return (await send<Session>(`${server.url}/v1/sessions/${id}`)).body.status
}

describe('POST /v1/sessions/{session_id}/cancel', () => {
  describe('200', () => {
    it('ends a model call that hangs, and the turn within a second', async () => {
      const { turn_id } = await postMessage(server.url, sessionId, hanging)
      const stream = await openStream(`${server.url}/v1/sessions/${sessionId}/sse`)
      await stream.until('reason.started')
      const askedAt = performance.now()
      const answer = await cancel(sessionId)
      expect(answer).toMatchObject({ status: 200, body: { status: 'cancelled', message: expect.stringMatching(/./) } })
      const frames = await stream.until('session.idled')
      expect(performance.now() - askedAt).toBeLessThan(1_000)
      expect(frames.find((frame) => frame.event === 'turn.cancelled')?.data).toMatchObject({ context: { turn_id }, data: { turn_id } })
      expect(await readStatus(sessionId)).toBe('idle')
      stream.close()
    })

    it('says no_op where nothing runs or waits, and adds nothing to the session', async () => {
      expect((await cancel(sessionId)).body).toMatchObject({ status: 'no_op', message: expect.stringMatching(/./) })
      await postMessage(server.url, sessionId, textMessage('hello'))
      const events = await readUntil(server.url, sessionId, 'session.idled')
      expect((await cancel(sessionId, '?scope=running')).body.status).toBe('no_op')
      expect((await cancel(sessionId, '', '/api/v1')).body.status).toBe('no_op')
      expect(await listEvents(server.url, sessionId)).toEqual(events)
    })

    it('ends the running turn and all that wait', async () => {
      const posted: Message[] = []
      for (let turns = 0; turns < 3; turns++) posted.push(await postMessage(server.url, sessionId, hanging))
      expect((await cancel(sessionId)).body.status).toBe('cancelled')
      const events = await readUntil(server.url, sessionId, 'session.idled')
      expect(endedAs(events, 'turn.cancelled').toSorted()).toEqual(posted.map(({ turn_id }) => turn_id).toSorted())
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
    })

    it('with scope=running ends only the running turn, and the next one runs', async () => {
      const running = await postMessage(server.url, sessionId, hanging)
      const next = await postMessage(server.url, sessionId, textMessage('next'))
      expect((await cancel(sessionId, '?scope=running')).body.status).toBe('cancelled')
      const events = await readUntil(server.url, sessionId, 'session.idled')
      expect(endedAs(events, 'turn.cancelled')).toEqual([running.turn_id])
      expect(endedAs(events, 'turn.completed')).toEqual([next.turn_id])
    })

    it('may be asked many times at once and again: the turn ends once', async () => {
      const { turn_id } = await postMessage(server.url, sessionId, hanging)
      const answers = await Promise.all(Array.from({ length: 5 }, () => cancel(sessionId)))
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
      expect(answers.map(({ body }) => body.status)).toContain('cancelled')
      await readUntil(server.url, sessionId, 'session.idled')
      expect((await cancel(sessionId)).body.status).toBe('no_op')
      expect(endedAs(await listEvents(server.url, sessionId), 'turn.cancelled')).toEqual([turn_id])
    })

    it('ends a turn that waits for its caller, and leaves no call without a result', async () => {
      const { session_id, turn_id } = await parkTurn(server.url)
      expect((await cancel(session_id)).body.status).toBe('cancelled')
      const events = await readUntil(server.url, session_id, 'session.idled')
      expect(endedAs(events, 'turn.cancelled')).toEqual([turn_id])
      expect(events.filter(({ type }) => type === 'tool.completed').map(({ data }) => [data['tool_call_id'], data['success']])).toEqual([['call_1', false]])
    })

    it('lets the session go on with its next message', async () => {
      await postMessage(server.url, sessionId, hanging)
      await cancel(sessionId)
      await readUntil(server.url, sessionId, 'session.idled')
      const { turn_id } = await postMessage(server.url, sessionId, textMessage('and now?'))
      expect(endedAs(await readUntil(server.url, sessionId, 'turn.completed'), 'turn.completed')).toEqual([turn_id])
    })

    it('is sessions.cancel in tRPC', async () => {
      await postMessage(server.url, sessionId, hanging)
      const answer = await mutate<CancelResponse>(server.url, 'sessions.cancel', { session_id: sessionId })
      expect(answer.body.result?.data.status).toBe('cancelled')
      await readUntil(server.url, sessionId, 'turn.cancelled')
    })
  })

  describe('400', () => {
    it.each([
      ['?scope=everything', 'scope'],
      ['?scope=', 'scope'],
      ['?scope=all&scope=running', 'scope'],
    ])('refuses %s, and cancels nothing', async (query, path) => {
      const { session_id } = await parkTurn(server.url)
      expectProblem(await cancel(session_id, query), 400, 'invalid_request', path)
      expect(await readStatus(session_id)).toBe('waitingfortoolresults')
    })

    it('refuses an id of another form', async () => {
      expectProblem(await cancel(`sess_${'0'.repeat(31)}`), 400, 'invalid_id', 'session_id')
    })
  })

  describe('404', () => {
    it('refuses an unknown session, and another organization’s in the same words', async () => {
      const foreign = await cancel<Problem>(await createForeignSession(server.pool))
      const unknown = await cancel<Problem>(`sess_${'0'.repeat(32)}`)
      expectProblem(foreign, 404, 'session_not_found')
      expect({ ...foreign.body, instance: '' }).toEqual({ ...unknown.body, instance: '' })
    })
  })
})
