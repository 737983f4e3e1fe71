import type { Message, Problem, Session, ToolApprovalsResponse } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate } from './support/call-procedure.ts'
import { createForeignSession } from './support/create-foreign-session.ts'
import { readUntil } from './support/open-stream.ts'
import { parkTurn } from './support/park-turn.ts'
import { createSession, expectProblem, post, postMessage, scriptMessage, send, textMessage } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

/** A session whose turn waits until somebody decides about so many calls of the calculator: `call_1`, `call_2` and so on. */
async function parkForApproval({ calls = 1 } = {}): Promise<string> {
  const { id } = await createSession(server.url, { capabilities: [{ ref: 'calculator', config: { requires_approval: true } }] })
  const tool_calls = Array.from({ length: calls }, (_, index) => ({ name: 'calculator', arguments: { expression: `${index + 1}*7` } }))
  await postMessage(server.url, id, scriptMessage([{ tool_calls }, { text: 'Thank you.' }]))
  await readUntil(server.url, id, 'tool.approval_requested')
  return id
}

async function decide<T = ToolApprovalsResponse>(sessionId: string, approvals: unknown, mount = '/v1') {
  return await post<T>(`${server.url}${mount}/sessions/${sessionId}/tool-approvals`, { approvals })
}

async function readStatus(sessionId: string): Promise<string> {
  return (await send<Session>(`${server.url}/v1/sessions/${sessionId}`)).body.status
}

async function readResults(sessionId: string): Promise<unknown[]> {
  const { body } = await send<{ data: Message[] }>(`${server.url}/v1/sessions/${sessionId}/messages?role=tool_result`)
  return body.data.flatMap(({ content }) => content)
}

describe('POST /v1/sessions/{session_id}/tool-approvals', () => {
  describe('200', () => {
    it('takes the decisions: what is approved runs, what is denied does not', async () => {
      const session_id = await parkForApproval({ calls: 2 })
      expect(await readStatus(session_id)).toBe('waitingfortoolresults')
      const answer = await decide(session_id, [{ tool_call_id: 'call_1', decision: 'approve' }, { tool_call_id: 'call_2', decision: 'deny', reason: 'Too much.' }])
      expect(answer).toMatchObject({ status: 200, body: { accepted: 2, status: 'active' } })
      await readUntil(server.url, session_id, 'turn.completed')
      expect(await readResults(session_id)).toEqual([
        { type: 'tool_result', tool_call_id: 'call_2', error: 'The call was not approved: Too much.' },
        { type: 'tool_result', tool_call_id: 'call_1', result: { value: 7 } },
      ])
    })

    it('takes a part of them, and the same again at any time', async () => {
      const session_id = await parkForApproval({ calls: 2 })
      const first = { tool_call_id: 'call_1', decision: 'approve' }
      const second = { tool_call_id: 'call_2', decision: 'approve', reason: null }
      expect((await decide(session_id, [first])).body).toEqual({ accepted: 1, status: 'active' })
      expect(await readStatus(session_id)).toBe('waitingfortoolresults')
      expect((await decide(session_id, [first, second], '/api/v1')).body).toEqual({ accepted: 2, status: 'active' })
      await readUntil(server.url, session_id, 'turn.completed')
      expect((await decide(session_id, [second, first])).body).toEqual({ accepted: 2, status: 'active' })
    })

    it('is sessions.submitToolApprovals in tRPC', async () => {
      const session_id = await parkForApproval()
      const refused = await mutate(server.url, 'sessions.submitToolApprovals', { session_id, approvals: [{ tool_call_id: 'call_1', decision: 'maybe' }] })
      expect(refused.body.error?.data).toMatchObject({ code: 'invalid_request', httpStatus: 400, errors: [{ path: 'approvals[0].decision' }] })
      const answer = await mutate<ToolApprovalsResponse>(server.url, 'sessions.submitToolApprovals', { session_id, approvals: [{ tool_call_id: 'call_1', decision: 'approve' }] })
      expect(answer.body.result?.data).toEqual({ accepted: 1, status: 'active' })
    })
  })

  describe('400', () => {
    it.each([
      ['no approvals', '{}', 'approvals'],
      ['an empty list', '{"approvals":[]}', 'approvals'],
      ['101 approvals', JSON.stringify({ approvals: Array.from({ length: 101 }, (_, index) => ({ tool_call_id: `call_${index}`, decision: 'deny' })) }), 'approvals'],
      ['no decision', '{"approvals":[{"tool_call_id":"call_1"}]}', 'approvals[0].decision'],
      ['another decision', '{"approvals":[{"tool_call_id":"call_1","decision":"APPROVE"}]}', 'approvals[0].decision'],
      ['no id', '{"approvals":[{"decision":"deny"}]}', 'approvals[0].tool_call_id'],
      ['a reason that is no text', '{"approvals":[{"tool_call_id":"call_1","decision":"deny","reason":{}}]}', 'approvals[0].reason'],
      ['a reason of 4,097 characters', JSON.stringify({ approvals: [{ tool_call_id: 'call_1', decision: 'deny', reason: 'x'.repeat(4097) }] }), 'approvals[0].reason'],
      ['NUL', String.raw`{"approvals":[{"tool_call_id":"call_1","decision":"deny","reason":"\u0000"}]}`, 'approvals[0].reason'],
      ['two decisions about one call', '{"approvals":[{"tool_call_id":"call_1","decision":"deny"},{"tool_call_id":"call_1","decision":"approve"}]}', 'approvals[1].tool_call_id'],
    ])('refuses %s', async (_what, body, path) => {
      const session_id = await parkForApproval()
      expectProblem(await post(`${server.url}/v1/sessions/${session_id}/tool-approvals`, body), 400, 'invalid_request', path)
      expect(await readStatus(session_id)).toBe('waitingfortoolresults')
    })

    it('refuses an id that needs no approval, and stores nothing of the rest', async () => {
      const session_id = await parkForApproval()
      const answer = await decide<Problem>(session_id, [{ tool_call_id: 'call_1', decision: 'approve' }, { tool_call_id: 'call_9', decision: 'approve' }])
      expectProblem(answer, 400, 'unknown_tool_call', 'approvals[1].tool_call_id')
      expect(await readStatus(session_id)).toBe('waitingfortoolresults')
      const { session_id: ofCaller } = await parkTurn(server.url)
      expectProblem(await decide<Problem>(ofCaller, [{ tool_call_id: 'call_1', decision: 'approve' }]), 400, 'unknown_tool_call', 'approvals[0].tool_call_id')
    })

    it('refuses a session id of another form, and what is no JSON', async () => {
      expectProblem(await decide<Problem>('sess_1', []), 400, 'invalid_id', 'session_id')
      expectProblem(await post(`${server.url}/v1/sessions/sess_${'0'.repeat(32)}/tool-approvals`, '{'), 400, 'invalid_json')
    })
  })

  it('404: refuses an unknown session, and another organization’s in the same words', async () => {
    const approvals = [{ tool_call_id: 'call_1', decision: 'approve' }]
    const foreign = await decide<Problem>(await createForeignSession(server.pool), approvals)
    const unknown = await decide<Problem>(`sess_${'0'.repeat(32)}`, approvals)
    expectProblem(foreign, 404, 'session_not_found')
    expect({ ...foreign.body, instance: '' }).toEqual({ ...unknown.body, instance: '' })
  })

  describe('409', () => {
    const approvals = [{ tool_call_id: 'call_1', decision: 'approve' }]

    it('says that none are awaited, in the words that clients try again on', async () => {
      const { id } = await createSession(server.url)
      const answer = await decide<Problem>(id, approvals)
      expectProblem(answer, 409, 'not_waiting_for_tool_results')
      expect(answer.body.error.message).toMatch(/not waiting for tool results/)
    })

    it('refuses another decision about the same call, in other words', async () => {
      const session_id = await parkForApproval({ calls: 2 })
      await decide(session_id, approvals)
      const answer = await decide<Problem>(session_id, [{ tool_call_id: 'call_2', decision: 'approve' }, { tool_call_id: 'call_1', decision: 'deny' }])
      expectProblem(answer, 409, 'tool_call_closed', 'approvals[1].tool_call_id')
      expect(answer.text).not.toMatch(/not waiting for tool results/)
      expect(await readStatus(session_id)).toBe('waitingfortoolresults')
    })

    it('refuses a decision about a call that a message or a cancel has closed', async () => {
      const answered = await parkForApproval()
      expect(await postMessage(server.url, answered, textMessage('never mind'))).toMatchObject({ delivery: 'resumed' })
      const cancelled = await parkForApproval()
      await send(`${server.url}/v1/sessions/${cancelled}/cancel`, { method: 'POST' })
      for (const session_id of [answered, cancelled]) {
        await readUntil(server.url, session_id, 'session.idled')
        expectProblem(await decide<Problem>(session_id, approvals), 409, 'tool_call_closed', 'approvals[0].tool_call_id')
      }
    })
  })

  it('413, 415: refuses a body over 1 MiB, and other content types', async () => {
    const session_id = await parkForApproval()
    expectProblem(await decide<Problem>(session_id, [{ tool_call_id: 'call_1', decision: 'deny', reason: 'x'.repeat(1024 * 1024) }]), 413, 'body_too_large')
    expectProblem(await post(`${server.url}/v1/sessions/${session_id}/tool-approvals`, 'x', { 'content-type': 'text/plain' }), 415, 'unsupported_media_type')
    expect(await readStatus(session_id)).toBe('waitingfortoolresults')
  })
})
