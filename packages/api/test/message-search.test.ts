import type { Message } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { query, type TrpcAnswer } from './support/call-procedure.ts'
import { createForeignSession } from './support/create-foreign-session.ts'
import { createSession, expectProblem, scriptMessage, send, textMessage } from './support/requests.ts'
import { runTurn } from './support/run-turn.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let sessionId: string
let sessionUrl: string
let all: Message[]

const texts = [
  'The quick brown fox jumps over the lazy dog',
  'A dog is a quick learner, said Zoë',
  'The dog, quick as ever, read src/main_loop.ts',
  '漢字 Ünïcödé',
]

beforeAll(async () => {
  server = await startServer()
  sessionId = (await createSession(server.url)).id
  sessionUrl = `${server.url}/v1/sessions/${sessionId}`
  for (const text of texts) await runTurn(server.url, sessionId, { ...textMessage(text), tags: ['secretword'] })
  await runTurn(server.url, sessionId, scriptMessage([{ tool_calls: [{ name: 'calculator', arguments: { expression: '1000+337' } }] }, { text: 'Done' }]))
  all = (await send<{ data: Message[] }>(`${sessionUrl}/messages`)).body.data
})
afterAll(() => server.close())

async function search(q: string, more = ''): Promise<Message[]> {
  const answer = await send<{ data: Message[]; messages: Message[] }>(`${sessionUrl}/messages?q=${encodeURIComponent(q)}${more}`)
  expect(answer.status, answer.text).toBe(200)
  expect(answer.body.messages).toEqual(answer.body.data)
  return answer.body.data
}

/** What users said, of what was found. */
async function searchUsers(q: string): Promise<unknown[]> {
  const found = await search(q, '&role=user')
  return found.map(({ content: [part] }) => (part?.type === 'text' ? texts.indexOf(part.text) : part))
}

describe('GET /v1/sessions/{session_id}/messages?q=', () => {
  it.each([
    ['one word', 'fox', [0]],
    ['words that are all there, in any order and case', 'DOG quick', [0, 1, 2]],
    ['words of which one is missing', 'dog cat', []],
    ['no part of a word', 'qui', []],
    ['a phrase', '"lazy dog"', [0]],
    ['a phrase in another order', '"dog lazy"', []],
    ['a word and not another', 'dog -fox', [1, 2]],
    ['a word and not a phrase', 'dog -"quick learner"', [0, 2]],
    ['one word or another', 'fox or learner', [0, 1]],
    ['parts of a path', 'main_loop', [2]],
    ['punctuation around a word', '(dog), quick?', [0, 1, 2]],
    ['letters beyond ASCII', 'Zoë', [1]],
    ['letters without case', '漢字', [3]],
    ['a quote that is not closed', '"lazy dog', [0]],
    ['operators of PostgreSQL', "fox & ! | <-> ( 'dog' :*", [0]],
    ['nothing but punctuation', '-- !! ""', []],
  ])('200: finds %s', async (_what, q, found) => {
    expect(await searchUsers(q)).toEqual(found)
  })

  it('200: finds what clients of other languages write as escapes in their JSON', async () => {
    const { id } = await createSession(server.url)
    const body = String.raw`{"message":{"content":[{"type":"text","text":"caf\u00e9 \u0061nd c\u0072eam"}]}}`
    await send(`${server.url}/v1/sessions/${id}/messages`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    for (const q of ['café', 'cream', 'and']) {
      const { body: found } = await send<{ data: Message[] }>(`${server.url}/v1/sessions/${id}/messages?role=user&q=${encodeURIComponent(q)}`)
      expect(found.data, q).toHaveLength(1)
    }
  })

  it('200: finds tool results by what they say, and nothing by JSON, tags or other texts beside the content', async () => {
    expect((await search('1337')).map(({ role }) => role)).toEqual(['tool_result'])
    for (const q of ['secretword', 'tool_call_id', 'type']) expect(await search(q), q).toEqual([])
  })

  it('200: pages as the list does, oldest first', async () => {
    const found = await search('dog')
    const of = (more: string) => search('dog', more)
    expect(found.map(({ sequence }) => sequence)).toEqual(found.map(({ sequence }) => sequence).toSorted((a, b) => a - b))
    expect(found).toEqual(all.filter(({ sequence }) => found.some((message) => message.sequence === sequence)))
    expect(await of('&limit=2')).toEqual(found.slice(-2))
    expect(await of('&limit=2&after=0')).toEqual(found.slice(0, 2))
    expect(await of(`&limit=1&after=${found[0]!.sequence}`)).toEqual(found.slice(1, 2))
    expect(await of(`&limit=2&before=${found[3]!.sequence}`)).toEqual(found.slice(1, 3))
    expect(await of('&images=inline')).toEqual(found)
  })

  it('200: finds the first 200 KB of a message', async () => {
    const { id } = await createSession(server.url)
    const filler = 'é '.repeat((200 * 1024 - 10) / 3)
    await runTurn(server.url, id, textMessage(`${filler} inside ${'x'.repeat(20)} outside`))
    const find = async (q: string) => (await send<{ data: Message[] }>(`${server.url}/v1/sessions/${id}/messages?role=user&q=${q}`)).body.data.length
    expect(await find('inside')).toBe(1)
    expect(await find('outside')).toBe(0)
  })

  it('gives over tRPC what it gives over REST', async () => {
    const answer = await query<Message[]>(server.url, 'messages.list', { session_id: sessionId, q: 'dog -fox' })
    expect(answer.body.result!.data).toEqual(await search('dog -fox'))
    const refused = await query<TrpcAnswer<unknown>>(server.url, 'messages.list', { session_id: sessionId, q: ' ' })
    expect([refused.status, refused.body.error!.data.errors]).toEqual([400, [{ path: 'q', message: 'must not be empty' }]])
  })

  it.each([
    ['q=', 'q'],
    ['q=%20%09', 'q'],
    [`q=${'x'.repeat(257)}`, 'q'],
    ['q=a&q=b', 'q'],
    ['q=a%00b', 'q'],
    ['q=a&limit=0', 'limit'],
    ['q=a&limit=-1', 'limit'],
    ['q=a&limit=1000000000', 'limit'],
    ['q=a&before=1.5', 'before'],
    ['before=1&before=2', 'before'],
    ['role=user&role=agent', 'role'],
    ['images=all', 'images'],
  ])('400: refuses ?%s', async (parameters, path) => {
    expectProblem(await send(`${sessionUrl}/messages?${parameters}`), 400, 'invalid_request', path)
  })

  it('404: looks into no session of another organization', async () => {
    const foreign = await createForeignSession(server.pool)
    const none = await send(`${server.url}/v1/sessions/sess_${'0'.repeat(32)}/messages?q=dog`)
    const answer = await send(`${server.url}/v1/sessions/${foreign}/messages?q=dog`)
    expectProblem(answer, 404, 'session_not_found')
    expect(answer.body.detail).toBe(none.body.detail)
  })
})
