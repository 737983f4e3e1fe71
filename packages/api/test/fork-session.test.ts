import type { Event, Message, Session } from '@reprise/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mutate } from './support/call-procedure.ts'
import { createForeignSession } from './support/create-foreign-session.ts'
import { makePng } from './support/make-png.ts'
import { markDeleted } from './support/mark-deleted.ts'
import { openStream, readUntil } from './support/open-stream.ts'
import { recordPrompts, showPrompt } from './support/record-prompts.ts'
import { createSession, expectProblem, listEvents, post, postMessage, scriptMessage, send, textMessage } from './support/requests.ts'
import { runTurn } from './support/run-turn.ts'
import { startServer, type TestServer } from './support/start-server.ts'

const prompts = recordPrompts()
let server: TestServer
let session: Session
beforeAll(async () => {
  server = await startServer({ engine: { createProvider: prompts.createProvider } })
})
afterAll(() => server.close())
beforeEach(async () => {
  session = await createSession(server.url, { title: 'Source', tags: ['x'], tools: [{ type: 'client_side', name: 'ask' }], hints: { a: 1 }, when_busy: 'steer' })
})

const fork = async (body: unknown = '', id = session.id) => await post<Session>(`${server.url}/v1/sessions/${id}/fork`, body)
const forked = async (body: unknown = '', id = session.id): Promise<Session> => {
  const { status, text, body: copy } = await fork(body, id)
  expect(status, text).toBe(201)
  return copy
}
const say = (text: string, id = session.id) => runTurn(server.url, id, textMessage(text))
const listMessages = async (id = session.id, query = '') => (await send<{ data: Message[] }>(`${server.url}/v1/sessions/${id}/messages?${query}`)).body.data
const sequenceOf = (events: Event[], type: string) => events.find((event) => event.type === type)!.sequence
/** A simulated model repeats what it was told. */
const answer = (text: string) => `agent: You said: ${text}`
const lastPrompt = () => showPrompt(prompts.calls.at(-1)!)
const withoutIds = ({ id: _id, session_id: _session, turn_id: _turn, ...message }: Message) => message

/** A turn that has used up its iterations at once. */
async function failTurn(): Promise<string> {
  await send(`${server.url}/v1/sessions/${session.id}`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"max_iterations":1}' })
  const events = await runTurn(server.url, session.id, scriptMessage([{ tool_calls: [{ name: 'calculator', arguments: { expression: '1+1' } }] }]))
  return events.find(({ type }) => type === 'turn.failed')!.context.turn_id!
}

async function countDurable(): Promise<Record<string, number | undefined>> {
  const read = async (path: string) => (await send<{ total?: number; turns_failed_last_hour?: number }>(`${server.url}/v1/durable/${path}`)).body
  return { workflows: (await read('workflows')).total, dlq: (await read('dlq')).total, failed: (await read('health')).turns_failed_last_hour }
}

describe('POST /v1/sessions/{session_id}/fork', () => {
  describe('201', () => {
    it('makes a session with the same settings and past, which goes its own way', async () => {
      await say('one')
      await say('two')
      const copy = await forked({ title: 'Fork' })
      const source = (await send<Session>(`${server.url}/v1/sessions/${session.id}`)).body
      expect(copy).toEqual({
        ...source, id: copy.id, title: 'Fork', status: 'idle', usage: { input_tokens: 0, output_tokens: 0 }, created_at: copy.created_at, updated_at: copy.created_at,
      })
      const [originals, copies] = [await listMessages(), await listMessages(copy.id)]
      expect(copies.map(withoutIds)).toEqual(originals.map(withoutIds))
      expect(copies.every(({ session_id, id, turn_id }) => session_id === copy.id && originals.every((original) => original.id !== id && original.turn_id !== turn_id))).toBe(true)

      await say('three', copy.id)
      expect(lastPrompt()).toEqual(['user: one', answer('one'), 'user: two', answer('two'), 'user: three'])
      await say('four')
      expect(lastPrompt()).toEqual(['user: one', answer('one'), 'user: two', answer('two'), 'user: four'])
    })

    it('takes the title of its source where none is given, and nothing at all as a body', async () => {
      for (const body of ['', '{}', { at_sequence: null, title: null }]) expect((await forked(body)).title).toBe('Source')
      expect(await forked()).toMatchObject({ status: 'started', is_pinned: false })
    })

    it('copies no events: the log begins with where it comes from, and goes on behind the messages', async () => {
      await say('one')
      const copy = await forked()
      const [started, ...others] = await listEvents(server.url, copy.id)
      expect(others).toEqual([])
      expect(started).toMatchObject({ type: 'session.started', sequence: 1, data: { forked_from: session.id, agent_id: session.agent_id, harness_id: session.harness_id } })
      const tip = (await listMessages(copy.id)).at(-1)!.sequence

      const stream = await openStream(`${server.url}/v1/sessions/${copy.id}/sse`)
      expect(await stream.until('session.started')).toHaveLength(2)
      await postMessage(server.url, copy.id, textMessage('two'))
      const frames = await stream.until('session.idled')
      stream.close()
      const sequences = frames.map(({ data }) => data.sequence)
      expect(sequences[0]).toBeGreaterThan(tip)
      expect(sequences).toEqual(sequences.map((_, index) => sequences[0]! + index))
      expect((await listEvents(server.url, copy.id, `since_id=${started!.id}&limit=1000`)).map(({ sequence }) => sequence)).toEqual(sequences)
      expect((await listMessages(copy.id, `after=${tip}`)).map(({ role }) => role)).toEqual(['user', 'agent'])
    })

    it('at a sequence: takes the turns that had ended, and of the one under way what it had said', async () => {
      const [one, two] = [await say('one'), await say('two')]
      const cases: [number, string[]][] = [
        [1, []],
        [sequenceOf(one, 'input.message'), ['user: one']],
        [sequenceOf(one, 'output.message.completed') - 1, ['user: one']],
        [sequenceOf(one, 'output.message.completed'), ['user: one', answer('one')]],
        [sequenceOf(one, 'turn.completed'), ['user: one', answer('one')]],
        [sequenceOf(two, 'input.message') - 1, ['user: one', answer('one')]],
        [sequenceOf(two, 'input.message'), ['user: one', answer('one'), 'user: two']],
      ]
      for (const [at_sequence, past] of cases) {
        const copy = await forked({ at_sequence })
        await say('three', copy.id)
        expect(lastPrompt(), `at ${at_sequence}`).toEqual([...past, 'user: three'])
      }
    })

    it('gives every open call an error, between the results that had come and what was said meanwhile', async () => {
      const calls = [1, 2, 3].map((question) => ({ name: 'ask', arguments: { question } }))
      const opening = scriptMessage([{ tool_calls: calls }, { text: 'Thank you.' }])
      await postMessage(server.url, session.id, opening)
      const asked = sequenceOf(await readUntil(server.url, session.id, 'tool.call_requested'), 'tool.call_requested')
      await post(`${server.url}/v1/sessions/${session.id}/tool-results`, { tool_results: [{ tool_call_id: 'call_2', result: { two: 2 } }] })
      const script = `user: ${opening.message.content[0]!.text}`
      const closed = 'not part of this fork'

      const early = await forked({ at_sequence: asked })
      await say('next', early.id)
      expect(lastPrompt()).toEqual([script, 'agent: [call call_1] [call call_2] [call call_3]', ...[1, 2, 3].map((call) => `tool_result: [call_${call}: ${closed}]`), 'user: next'])

      const late = await forked()
      await say('next', late.id)
      expect(lastPrompt().slice(1)).toEqual([
        'agent: [call call_1] [call call_2] [call call_3]', 'tool_result: [call_2: {"two":2}]', `tool_result: [call_1: ${closed}]`, `tool_result: [call_3: ${closed}]`, 'user: next',
      ])
      expect((await listMessages(late.id)).flatMap(({ content }) => content)).toContainEqual({ type: 'tool_result', tool_call_id: 'call_1', error: closed })

      // The source goes on, and its past can be forked at a point where a message had joined that came to its place later.
      await postMessage(server.url, session.id, { ...textMessage('meanwhile'), controls: { when_busy: 'steer' } })
      await readUntil(server.url, session.id, 'session.idled')
      const meanwhile = (await listMessages(session.id, 'role=user')).at(-1)!
      const joined = await forked({ at_sequence: meanwhile.sequence })
      await say('next', joined.id)
      const shown = lastPrompt()
      expect(shown.filter((line) => line.startsWith('tool_result')).map((line) => line.slice(14, 20))).toEqual(expect.arrayContaining(['call_1', 'call_2', 'call_3']))
      expect(shown.slice(-2)).toEqual(['user: meanwhile', 'user: next'])
    })

    it('while a model answers: leaves out what is not committed and what waits behind, and the turn runs on', async () => {
      await say('one')
      await postMessage(server.url, session.id, scriptMessage([{ fail: { kind: 'hang', times: 99 } }]))
      await readUntil(server.url, session.id, 'reason.started')
      for (const text of ['first behind', 'second behind']) await postMessage(server.url, session.id, { ...textMessage(text), controls: { when_busy: 'enqueue' } })
      const copy = await forked()
      const tip = (await listEvents(server.url, session.id)).at(-1)!.sequence
      expect(copy.status).toBe('idle')
      expect((await listMessages(copy.id)).map(({ role }) => role)).toEqual(['user', 'agent', 'user'])
      expect((await send<Session>(`${server.url}/v1/sessions/${session.id}`)).body.status).toBe('active')

      await post(`${server.url}/v1/sessions/${session.id}/cancel?scope=running`, '')
      await readUntil(server.url, session.id, 'session.idled', { after: tip })
      // Asked later, the same sequence is the same point; the end has the turns that ended since.
      expect((await listMessages((await forked({ at_sequence: tip })).id)).map(withoutIds)).toEqual((await listMessages(copy.id)).map(withoutIds))
      await say('next', (await forked()).id)
      expect(lastPrompt().slice(-5)).toEqual(['user: first behind', answer('first behind'), 'user: second behind', answer('second behind'), 'user: next'])
    })

    it('forks a fork, at any of its sequences', async () => {
      await say('one')
      await say('two')
      const first = await forked()
      await say('three', first.id)
      const second = await forked('', first.id)
      await say('four', second.id)
      expect(lastPrompt()).toEqual(['user: one', answer('one'), 'user: two', answer('two'), 'user: three', answer('three'), 'user: four'])
      const copies = await listMessages(first.id)
      for (const [length, { sequence }] of copies.entries()) {
        const copy = await forked({ at_sequence: sequence }, second.id)
        expect((await listMessages(copy.id)).map(withoutIds)).toEqual(copies.slice(0, length + 1).map(withoutIds))
      }
      expect((await listEvents(server.url, second.id))[0]!.data).toMatchObject({ forked_from: first.id })
    })

    it('leaves a turn out of prompts as its source does, and thinking as it came', async () => {
      await say('one')
      await runTurn(server.url, session.id, scriptMessage([{ thinking: 'Hm "é"\n', signature: 'sig', text: 'thought' }]))
      await server.pool.query('UPDATE turns SET excluded_from_prompt = true WHERE session_id = $1 AND ordinal = 1', [session.id])
      const copy = await forked()
      expect((await listMessages(copy.id)).at(-1)).toMatchObject({ thinking: 'Hm "é"\n', thinking_signature: 'sig' })
      await say('next', copy.id)
      expect(lastPrompt().filter((line) => line.startsWith('user'))).toHaveLength(2)
      expect(prompts.calls.at(-1)!.earlier_turns.flat()).toContainEqual(expect.objectContaining({ thinking: [expect.objectContaining({ text: 'Hm "é"\n', signature: 'sig' })] }))
    })

    it('holds images and large results by itself, so that they outlive the source', async () => {
      const content = [{ type: 'image', base64: makePng(4, 4).toString('base64') }]
      await runTurn(server.url, session.id, { message: { content } })
      await postMessage(server.url, session.id, scriptMessage([{ tool_calls: [{ name: 'ask', arguments: {} }] }, { text: 'Thank you.' }]))
      await readUntil(server.url, session.id, 'tool.call_requested')
      expect((await post(`${server.url}/v1/sessions/${session.id}/tool-results`, { tool_results: [{ tool_call_id: 'call_1', result: 'y'.repeat(900_000) }] })).status).toBe(200)
      await readUntil(server.url, session.id, 'session.idled')
      const copy = await forked()
      for (const table of ['message_images', 'tool_result_values', 'tool_calls']) await server.pool.query(`DELETE FROM ${table} WHERE session_id = $1`, [session.id])
      expect((await send(`${server.url}/v1/sessions/${copy.id}/tool-results/call_1`)).text).toBe(`"${'y'.repeat(900_000)}"`)
      const { rows } = await server.pool.query('SELECT message_sequence FROM message_images WHERE session_id = $1', [copy.id])
      expect(rows).toEqual([{ message_sequence: (await listMessages(copy.id))[0]!.sequence }])
    })

    it('copies no idempotency key: what was accepted there is new here', async () => {
      await postMessage(server.url, session.id, textMessage('one'), { 'idempotency-key': 'k' })
      await readUntil(server.url, session.id, 'session.idled')
      const copy = await forked()
      expect(await postMessage(server.url, copy.id, textMessage('one'), { 'idempotency-key': 'k' })).toMatchObject({ delivery: 'started' })
    })

    it('adds nothing to workflows and dead letters: what was copied did not run here', async () => {
      await failTurn()
      const before = await countDurable()
      await forked()
      expect(await countDurable()).toEqual(before)
      expect(before.dlq).toBeGreaterThan(0)
    })

    it('shows a failed turn as long as it was not posted again', async () => {
      const failed = await failTurn()
      const { last_sequence } = (await server.pool.query<{ last_sequence: number }>('SELECT last_sequence FROM session_heads WHERE session_id = $1', [session.id])).rows[0]!
      expect((await post(`${server.url}/v1/durable/dlq/${failed}/retry`, '')).status).toBe(200)
      await readUntil(server.url, session.id, 'session.idled', { after: last_sequence })
      for (const at_sequence of [last_sequence, null]) {
        await say('next', (await forked({ at_sequence })).id)
        expect(lastPrompt().filter((line) => line.startsWith('user: ```sim'))).toHaveLength(1)
      }
    })

    it('is the same over tRPC', async () => {
      await say('one')
      const { body } = await mutate<Session>(server.url, 'sessions.fork', { session_id: session.id, title: 'Typed' })
      expect(body.result?.data).toEqual((await send<Session>(`${server.url}/v1/sessions/${body.result?.data.id}`)).body)
    })
  })

  describe('400', () => {
    it.each([
      ['0', { at_sequence: 0 }, 'at_sequence'],
      ['a negative sequence', { at_sequence: -1 }, 'at_sequence'],
      ['a sequence beyond the end', { at_sequence: 2 }, 'at_sequence'],
      ['a sequence far beyond the end', { at_sequence: Number.MAX_SAFE_INTEGER }, 'at_sequence'],
      ['a sequence beyond all numbers', { at_sequence: 1e300 }, 'at_sequence'],
      ['half a sequence', { at_sequence: 1.5 }, 'at_sequence'],
      ['a text for a sequence', { at_sequence: '1' }, 'at_sequence'],
      ['a title that is too long', { title: 'x'.repeat(513) }, 'title'],
      ['a list', [], ''],
    ])('refuses %s', async (_what, body, path) => {
      expectProblem(await post(`${server.url}/v1/sessions/${session.id}/fork`, body), 400, 'invalid_request', path)
    })
  })

  it('404: for a session that is unknown, deleted or another organization’s', async () => {
    const foreign = await createForeignSession(server.pool)
    await markDeleted(server.pool, session.id)
    for (const id of [`sess_${'0'.repeat(32)}`, session.id, foreign]) {
      for (const body of ['', { at_sequence: 1_000_000 }]) expectProblem(await post(`${server.url}/v1/sessions/${id}/fork`, body), 404, 'session_not_found')
    }
  })
})
