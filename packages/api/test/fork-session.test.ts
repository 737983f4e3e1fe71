import type { Session } from '@reprise/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { mutate } from './support/call-procedure.ts'
import { createForeignSession } from './support/create-foreign-session.ts'
import { answerTo, forkSession, listMessages, withoutIds } from './support/fork.ts'
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

const forked = (body: unknown = '', id = session.id) => forkSession(server.url, id, body)
const say = (text: string, id = session.id) => runTurn(server.url, id, textMessage(text))
const messagesOf = (id = session.id, query = '') => listMessages(server.url, id, query)
const lastPrompt = () => showPrompt(prompts.calls.at(-1)!)

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
      const [originals, copies] = [await messagesOf(), await messagesOf(copy.id)]
      expect(copies.map(withoutIds)).toEqual(originals.map(withoutIds))
      expect(copies.every(({ session_id, id, turn_id }) => session_id === copy.id && originals.every((original) => original.id !== id && original.turn_id !== turn_id))).toBe(true)

      await say('three', copy.id)
      expect(lastPrompt()).toEqual(['user: one', answerTo('one'), 'user: two', answerTo('two'), 'user: three'])
      await say('four')
      expect(lastPrompt()).toEqual(['user: one', answerTo('one'), 'user: two', answerTo('two'), 'user: four'])
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
      const tip = (await messagesOf(copy.id)).at(-1)!.sequence

      const stream = await openStream(`${server.url}/v1/sessions/${copy.id}/sse`)
      expect(await stream.until('session.started')).toHaveLength(2)
      await postMessage(server.url, copy.id, textMessage('two'))
      const frames = await stream.until('session.idled')
      stream.close()
      const sequences = frames.map(({ data }) => data.sequence)
      expect(sequences[0]).toBeGreaterThan(tip)
      expect(sequences).toEqual(sequences.map((_, index) => sequences[0]! + index))
      expect((await listEvents(server.url, copy.id, `since_id=${started!.id}&limit=1000`)).map(({ sequence }) => sequence)).toEqual(sequences)
      expect((await messagesOf(copy.id, `after=${tip}`)).map(({ role }) => role)).toEqual(['user', 'agent'])
    })

    it('forks a fork, at any of its sequences', async () => {
      await say('one')
      await say('two')
      const first = await forked()
      await say('three', first.id)
      const second = await forked('', first.id)
      await say('four', second.id)
      expect(lastPrompt()).toEqual(['user: one', answerTo('one'), 'user: two', answerTo('two'), 'user: three', answerTo('three'), 'user: four'])
      const copies = await messagesOf(first.id)
      for (const [length, { sequence }] of copies.entries()) {
        const copy = await forked({ at_sequence: sequence }, second.id)
        expect((await messagesOf(copy.id)).map(withoutIds)).toEqual(copies.slice(0, length + 1).map(withoutIds))
      }
      expect((await listEvents(server.url, second.id))[0]!.data).toMatchObject({ forked_from: first.id })
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
      expect(rows).toEqual([{ message_sequence: (await messagesOf(copy.id))[0]!.sequence }])
    })

    it('copies no idempotency key: what was accepted there is new here', async () => {
      await postMessage(server.url, session.id, textMessage('one'), { 'idempotency-key': 'k' })
      await readUntil(server.url, session.id, 'session.idled')
      const copy = await forked()
      expect(await postMessage(server.url, copy.id, textMessage('one'), { 'idempotency-key': 'k' })).toMatchObject({ delivery: 'started' })
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

  it('404: for a session that is deleted, with its images, while it is copied', async () => {
    await runTurn(server.url, session.id, { message: { content: [{ type: 'image', base64: makePng(5, 5).toString('base64') }] } })
    const eraser = await server.pool.connect()
    await eraser.query('BEGIN')
    await eraser.query('UPDATE session_heads SET deleted_at = now() WHERE session_id = $1', [session.id])
    await eraser.query('WITH held AS (DELETE FROM message_images WHERE session_id = $1 RETURNING image_id) SELECT FROM held', [session.id])
    await eraser.query('DELETE FROM images WHERE NOT EXISTS (SELECT FROM message_images h WHERE h.image_id = images.id)')
    const forking = post(`${server.url}/v1/sessions/${session.id}/fork`, '')
    await vi.waitFor(async () => {
      const { rows } = await server.pool.query(`SELECT FROM pg_stat_activity WHERE query LIKE '/* copyImages */%' AND wait_event_type = 'Lock' AND datname = current_database()`)
      expect(rows).toHaveLength(1)
    }, 10_000)
    await eraser.query('COMMIT')
    eraser.release()
    expectProblem(await forking, 404, 'session_not_found')
    expect((await server.pool.query('SELECT FROM turns WHERE copy_of IN (SELECT id FROM turns WHERE session_id = $1)', [session.id])).rows).toEqual([])
  })
})
