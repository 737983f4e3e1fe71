import type { Message, Problem, Session, ToolResultsResponse } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate } from './support/call-procedure.ts'
import { createForeignSession } from './support/create-foreign-session.ts'
import { makePng } from './support/make-png.ts'
import { readUntil } from './support/open-stream.ts'
import { parkTurn } from './support/park-turn.ts'
import { createSession, expectProblem, post, postMessage, scriptMessage, send, textMessage } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

async function submit<T = ToolResultsResponse>(sessionId: string, tool_results: unknown, mount = '/v1') {
  return await post<T>(`${server.url}${mount}/sessions/${sessionId}/tool-results`, { tool_results })
}

async function readStatus(sessionId: string): Promise<string> {
  return (await send<Session>(`${server.url}/v1/sessions/${sessionId}`)).body.status
}

/** What the transcript has of the caller's answers, in the order of the calls' answers. */
async function readResults(sessionId: string): Promise<unknown[]> {
  const { body } = await send<{ data: Message[] }>(`${server.url}/v1/sessions/${sessionId}/messages?role=tool_result`)
  return body.data.flatMap(({ content }) => content)
}

async function countStored(...sessionIds: string[]): Promise<unknown> {
  const { rows } = await server.pool.query(
    'SELECT (SELECT count(*)::integer FROM tool_result_values WHERE session_id = ANY ($1)) AS slices, (SELECT count(*)::integer FROM images) AS images',
    [sessionIds],
  )
  return rows[0]
}

const notWaiting = /not waiting for tool results/

/** The official clients try again on these words, and on no others. */
function expectNotWaiting(answer: Parameters<typeof expectProblem>[0]): void {
  expectProblem(answer, 409, 'not_waiting_for_tool_results')
  expect(answer.body.error.message).toMatch(notWaiting)
}

describe('POST /v1/sessions/{session_id}/tool-results', () => {
  describe('200', () => {
    it('takes the answers, and the turn goes on to its own', async () => {
      const { session_id, turn_id } = await parkTurn(server.url)
      const answer = await submit(session_id, [{ tool_call_id: 'call_1', result: { choice: 'b', '1': null } }])
      expect(answer).toMatchObject({ status: 200, body: { accepted: 1, status: 'active' } })
      const events = await readUntil(server.url, session_id, 'session.idled')
      expect(events.find(({ type }) => type === 'turn.completed')?.context).toMatchObject({ turn_id })
      expect(events.findLast(({ type }) => type === 'output.message.completed')?.data).toMatchObject({ message: { content: [{ type: 'text', text: 'Thank you.' }] } })
      expect(await readResults(session_id)).toEqual([{ type: 'tool_result', tool_call_id: 'call_1', result: { choice: 'b', '1': null } }])
    })

    it('takes a part of the answers, and the turn waits for the rest', async () => {
      const { session_id } = await parkTurn(server.url, { calls: 3 })
      expect((await submit(session_id, [{ tool_call_id: 'call_2', result: 2 }])).body).toEqual({ accepted: 1, status: 'active' })
      expect(await readStatus(session_id)).toBe('waitingfortoolresults')
      expect((await submit(session_id, [{ tool_call_id: 'call_3', error: 'no idea' }, { tool_call_id: 'call_1', result: 1 }])).body).toEqual({ accepted: 2, status: 'active' })
      await readUntil(server.url, session_id, 'turn.completed')
      expect(await readResults(session_id)).toMatchObject([{ tool_call_id: 'call_2', result: 2 }, { tool_call_id: 'call_3', error: 'no idea' }, { tool_call_id: 'call_1', result: 1 }])
    })

    it('counts a result that came before as accepted, while the turn waits and after it ended', async () => {
      const { session_id } = await parkTurn(server.url, { calls: 2 })
      const first = { tool_call_id: 'call_1', result: { value: 'the same' } }
      const second = { tool_call_id: 'call_2', error: 'out of order' }
      await submit(session_id, [first])
      expect((await submit(session_id, [first])).body).toEqual({ accepted: 1, status: 'active' })
      expect((await submit(session_id, [first, second])).body).toEqual({ accepted: 2, status: 'active' })
      await readUntil(server.url, session_id, 'session.idled')
      expect((await submit(session_id, [second, first])).body).toEqual({ accepted: 2, status: 'active' })
      expect(await readResults(session_id)).toHaveLength(2)
    })

    it.each([
      ['a null error beside a result', { result: 'yes', error: null }, { result: 'yes' }],
      ['a null result beside an error', { result: null, error: 'no' }, { error: 'no' }],
      ['a null result alone', { result: null }, { result: null }],
      ['a null result beside a null error', { result: null, error: null }, { result: null }],
      ['a result that is false', { result: false }, { result: false }],
      ['an empty error', { error: '' }, { error: '' }],
    ])('takes %s', async (_what, given, stored) => {
      const { session_id } = await parkTurn(server.url)
      expect((await submit(session_id, [{ tool_call_id: 'call_1', ...given }])).status).toBe(200)
      expect(await readResults(session_id)).toEqual([{ type: 'tool_result', tool_call_id: 'call_1', ...stored }])
    })

    it('takes a body that is large enough to be parsed on a thread, under /api/v1 too', async () => {
      const { session_id } = await parkTurn(server.url)
      const result = 'x'.repeat(200_000)
      expect((await submit(session_id, [{ tool_call_id: 'call_1', result }], '/api/v1')).status).toBe(200)
      expect(await readResults(session_id)).toMatchObject([{ result }])
    })

    it('is sessions.submitToolResults in tRPC', async () => {
      const { session_id } = await parkTurn(server.url)
      const refused = await mutate(server.url, 'sessions.submitToolResults', { session_id, tool_results: [{ tool_call_id: 'call_1' }] })
      expect(refused.body.error?.data).toMatchObject({ code: 'invalid_request', httpStatus: 400, errors: [{ path: 'tool_results[0]' }] })
      const answer = await mutate<ToolResultsResponse>(server.url, 'sessions.submitToolResults', { session_id, tool_results: [{ tool_call_id: 'call_1', result: 1 }] })
      expect(answer.body.result?.data).toEqual({ accepted: 1, status: 'active' })
    })
  })

  describe('400', () => {
    const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`

    it.each([
      ['no results', '{}', 'tool_results'],
      ['an empty list', '{"tool_results":[]}', 'tool_results'],
      ['101 results', JSON.stringify({ tool_results: Array.from({ length: 101 }, (_, index) => ({ tool_call_id: `call_${index}`, result: 1 })) }), 'tool_results'],
      ['neither result nor error', '{"tool_results":[{"tool_call_id":"call_1"}]}', 'tool_results[0]'],
      ['a null error alone', '{"tool_results":[{"tool_call_id":"call_1","error":null}]}', 'tool_results[0]'],
      ['result and error', '{"tool_results":[{"tool_call_id":"call_1","result":1,"error":"x"}]}', 'tool_results[0]'],
      ['an error that is no text', '{"tool_results":[{"tool_call_id":"call_1","error":{"message":"x"}}]}', 'tool_results[0].error'],
      ['no id', '{"tool_results":[{"result":1}]}', 'tool_results[0].tool_call_id'],
      ['an empty id', '{"tool_results":[{"tool_call_id":"","result":1}]}', 'tool_results[0].tool_call_id'],
      ['an id of 257 characters', JSON.stringify({ tool_results: [{ tool_call_id: 'c'.repeat(257), result: 1 }] }), 'tool_results[0].tool_call_id'],
      ['two results of one call', '{"tool_results":[{"tool_call_id":"call_1","result":1},{"tool_call_id":"call_1","result":1}]}', 'tool_results[1].tool_call_id'],
      ['NUL', String.raw`{"tool_results":[{"tool_call_id":"call_1","result":{"text":"\u0000"}}]}`, 'tool_results[0].result.text'],
      ['a lone surrogate', String.raw`{"tool_results":[{"tool_call_id":"call_1","error":"\ud800"}]}`, 'tool_results[0].error'],
      ['a number out of range', '{"tool_results":[{"tool_call_id":"call_1","result":1e400}]}', 'tool_results[0].result'],
      ['a value that is nested too deep', `{"tool_results":[{"tool_call_id":"call_1","result":${nested(70)}}]}`, `tool_results[0].result${'[0]'.repeat(61)}`],
      ['the key __proto__', '{"tool_results":[{"tool_call_id":"call_1","result":{"__proto__":1}}]}', 'tool_results[0].result'],
    ])('refuses %s', async (_what, body, path) => {
      const { session_id } = await parkTurn(server.url)
      expectProblem(await post(`${server.url}/v1/sessions/${session_id}/tool-results`, body), 400, 'invalid_request', path)
      expect(await readStatus(session_id)).toBe('waitingfortoolresults')
    })

    it('refuses an id that the turn does not wait for, and stores nothing of the rest', async () => {
      const { session_id } = await parkTurn(server.url)
      const answer = await submit<Problem>(session_id, [{ tool_call_id: 'call_1', result: 1 }, { tool_call_id: 'call_9', result: 9 }])
      expectProblem(answer, 400, 'unknown_tool_call', 'tool_results[1].tool_call_id')
      expect(await readStatus(session_id)).toBe('waitingfortoolresults')
      expect(await readResults(session_id)).toEqual([])
    })

    it('refuses a session id of another form, and what is no JSON', async () => {
      expectProblem(await submit('sess_1', []), 400, 'invalid_id', 'session_id')
      expectProblem(await post(`${server.url}/v1/sessions/sess_${'0'.repeat(32)}/tool-results`, '{'), 400, 'invalid_json')
    })
  })

  describe('404', () => {
    it('refuses an unknown session, and another organization’s in the same words', async () => {
      const results = [{ tool_call_id: 'call_1', result: 1 }]
      const foreign = await submit<Problem>(await createForeignSession(server.pool), results)
      const unknown = await submit<Problem>(`sess_${'0'.repeat(32)}`, results)
      expectProblem(foreign, 404, 'session_not_found')
      expect({ ...foreign.body, instance: '' }).toEqual({ ...unknown.body, instance: '' })
    })

    it('leaves nothing of a long result with an image, nor does a call that is not there', async () => {
      const result = ['x'.repeat(900_000), { type: 'image', data: makePng(64, 64).toString('base64'), mimeType: 'image/png' }]
      const unknown = `sess_${'1'.repeat(32)}`
      expectProblem(await submit<Problem>(unknown, [{ tool_call_id: 'call_1', result }]), 404, 'session_not_found')
      const { session_id } = await parkTurn(server.url)
      expectProblem(await submit<Problem>(session_id, [{ tool_call_id: 'call_9', result }]), 400, 'unknown_tool_call', 'tool_results[0].tool_call_id')
      expect(await countStored(unknown, session_id)).toEqual({ slices: 0, images: 0 })
      // The same is stored once the call is there.
      expect((await submit(session_id, [{ tool_call_id: 'call_1', result }])).status).toBe(200)
      expect(await countStored(session_id)).toMatchObject({ slices: expect.toSatisfy((slices: number) => slices > 0), images: 1 })
    })
  })

  describe('409', () => {
    const results = [{ tool_call_id: 'call_1', result: 'late' }]

    it('says that none are awaited, in the words that the clients retry on', async () => {
      const { id } = await createSession(server.url)
      expectNotWaiting(await submit(id, results))
      await postMessage(server.url, id, scriptMessage([{ fail: { kind: 'hang', times: 99 } }]))
      expectNotWaiting(await submit(id, results))
    })

    it('refuses another answer to the same call, in other words', async () => {
      const { session_id } = await parkTurn(server.url, { calls: 2 })
      await submit(session_id, [{ tool_call_id: 'call_1', result: 'first' }])
      const answer = await submit<Problem>(session_id, [{ tool_call_id: 'call_2', result: 2 }, { tool_call_id: 'call_1', result: 'second' }])
      expectProblem(answer, 409, 'tool_call_closed', 'tool_results[1].tool_call_id')
      expect(answer.text).not.toMatch(notWaiting)
      expect(await readResults(session_id)).toMatchObject([{ tool_call_id: 'call_1', result: 'first' }])
    })

    it('refuses an answer to a call that a cancel has closed', async () => {
      const { session_id } = await parkTurn(server.url)
      await send(`${server.url}/v1/sessions/${session_id}/cancel`, { method: 'POST' })
      await readUntil(server.url, session_id, 'session.idled')
      expectProblem(await submit(session_id, results), 409, 'tool_call_closed', 'tool_results[0].tool_call_id')
    })

    it('refuses an answer to a call that a message has closed', async () => {
      const { session_id } = await parkTurn(server.url)
      expect(await postMessage(server.url, session_id, textMessage('never mind'))).toMatchObject({ delivery: 'resumed' })
      await readUntil(server.url, session_id, 'session.idled')
      expectProblem(await submit(session_id, results), 409, 'tool_call_closed', 'tool_results[0].tool_call_id')
    })
  })

  describe('413, 415', () => {
    it('refuses a body over 1 MiB, and other content types', async () => {
      const { session_id } = await parkTurn(server.url)
      expectProblem(await submit(session_id, [{ tool_call_id: 'call_1', result: 'x'.repeat(1024 * 1024) }]), 413, 'body_too_large')
      const url = `${server.url}/v1/sessions/${session_id}/tool-results`
      expectProblem(await post(url, 'x', { 'content-type': 'text/plain' }), 415, 'unsupported_media_type')
      expect(await readStatus(session_id)).toBe('waitingfortoolresults')
    })
  })
})
