import { newId, type Event } from '@reprise/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openStream, type Frame } from './support/open-stream.ts'
import { createSession, expectProblem, listEvents, postMessage, scriptMessage, send, textMessage } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let sessionId: string
let streamUrl: string
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())
beforeEach(async () => {
  sessionId = (await createSession(server.url)).id
  streamUrl = `${server.url}/v1/sessions/${sessionId}/sse`
})

const script = scriptMessage([
  { thinking: 'Let me see', signature: 'sig', tool_calls: [{ name: 'calculator', arguments: { expression: '6*7' } }] },
  { text: 'The answer is forty-two, as ever.' },
])
const runTurn = async () => {
  await postMessage(server.url, sessionId, script)
  const stream = await openStream(streamUrl)
  const frames = await stream.until('session.idled')
  stream.close()
  return frames.slice(1)
}
const sequences = (frames: Frame[]) => frames.map(({ data }) => data.sequence)

describe('200', () => {
  it('says how it is to be handled on the way, and is connected at once', async () => {
    const stream = await openStream(streamUrl)
    const { headers } = stream.response
    expect(headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect(headers.get('cache-control')).toBe('no-cache, no-transform')
    expect(headers.get('x-accel-buffering')).toBe('no')
    expect(headers.get('x-request-id')).toBeTruthy()
    expect(await stream.next()).toEqual({ event: 'connected', id: null, retry: '100', data: { status: 'connected' } })
    stream.close()
  })

  it('shows who posts first and subscribes second everything, in order and without a gap, as the list does', async () => {
    const frames = await runTurn()
    expect(sequences(frames)).toEqual(frames.map((_, index) => index + 1))
    for (const { event, id, retry, data } of frames) expect({ event, id, retry }).toEqual({ event: data.type, id: data.id, retry: '100' })
    expect(frames.map(({ data }) => data)).toEqual(await listEvents(server.url, sessionId))
    expect(frames.map(({ event }) => event)).toEqual(expect.arrayContaining(['input.message', 'tool.completed', 'output.message.delta', 'turn.completed']))
  })

  it('shows who subscribes first the same, live', async () => {
    const stream = await openStream(streamUrl)
    await stream.until('session.started')
    await postMessage(server.url, sessionId, script)
    const live = await stream.until('session.idled')
    stream.close()
    expect(live.map(({ data }) => data)).toEqual((await listEvents(server.url, sessionId)).slice(1))
  })

  it("joins a message's deltas to exactly its text", async () => {
    const frames = await runTurn()
    const started = frames.findLastIndex(({ event }) => event === 'output.message.started')
    const deltas = frames.slice(started).filter(({ event }) => event === 'output.message.delta')
    expect(deltas.map(({ data }) => data.data['delta']).join('')).toBe('The answer is forty-two, as ever.')
  })

  it('goes on after any event: Last-Event-ID, since_id, and the first wins over the second', async () => {
    const frames = await runTurn()
    for (const [index, { id }] of frames.slice(0, -1).entries()) {
      const stream = await openStream(`${streamUrl}?since_id=${frames[0]!.id}`, { 'last-event-id': id! })
      expect(sequences((await stream.until('session.idled')).slice(1))).toEqual(sequences(frames.slice(index + 1)))
      stream.close()
    }
    const stream = await openStream(`${streamUrl}?since_id=${frames[2]!.id}`, { 'last-event-id': '' })
    expect(sequences((await stream.until('session.idled')).slice(1))).toEqual(sequences(frames.slice(3)))
    stream.close()
  })

  it('shows only what the filters let through', async () => {
    await runTurn()
    const some = await openStream(`${streamUrl}?types=turn.started&types=session.idled`)
    expect((await some.until('session.idled')).map(({ event }) => event)).toEqual(['connected', 'turn.started', 'session.idled'])
    const others = await openStream(`${streamUrl}?exclude=output.message.delta`)
    expect((await others.until('session.idled')).map(({ event }) => event)).not.toContain('output.message.delta')
    some.close()
    others.close()
  })

  it('from=now shows nothing of what was', async () => {
    await runTurn()
    const stream = await openStream(`${streamUrl}?from=now`)
    await stream.next()
    await postMessage(server.url, sessionId, textMessage('again'))
    expect((await stream.next())!.event).toBe('input.message')
    stream.close()
  })

  it('tells a client whose cursor is older than what is kept where the rest begins', async () => {
    const frames = await runTurn()
    const { rows } = await server.pool.query<{ first: number }>(
      `WITH pruned AS (DELETE FROM journal WHERE session_id = $1 AND last_sequence < 5 RETURNING last_sequence) SELECT max(last_sequence) + 1 AS first FROM pruned`,
      [sessionId],
    )
    const stream = await openStream(streamUrl, { 'last-event-id': frames[0]!.id! })
    expect((await stream.next())!.data).toEqual({ status: 'connected', oldest_sequence: rows[0]!.first })
    expect((await stream.next())!.data.sequence).toBe(rows[0]!.first)
    stream.close()
  })
})

describe('400', () => {
  const foreign = async () => (await listEvents(server.url, (await createSession(server.url)).id))[0]!.id
  const beyond = async () => {
    const [{ id }] = (await listEvents(server.url, sessionId)) as [Event]
    // The sequence stands before the last nine digits, but for the two bits that it shares with the session's tag.
    return `${id.slice(0, 28)}${(Number.parseInt(id.slice(28, 30), 16) + 4 * 16).toString(16).padStart(2, '0')}${id.slice(30)}`
  }
  it.each([
    ['a cursor of another session', async () => ({ 'last-event-id': await foreign() }), 'invalid_cursor', 'Last-Event-ID'],
    ['a cursor beyond the end', async () => ({ 'last-event-id': await beyond() }), 'invalid_cursor', 'Last-Event-ID'],
    ['a cursor that no server made', async () => ({ 'last-event-id': newId('event') }), 'invalid_cursor', 'Last-Event-ID'],
    ['a cursor that is no id', async () => ({ 'last-event-id': '17' }), 'invalid_id', 'last_event_id'],
  ])('refuses %s', async (_what, headers, code, path) => {
    expectProblem(await send(streamUrl, { headers: await headers() }), 400, code, path)
  })

  it.each([
    ['types=turn.startd', 'unknown_event_type', 'types[0]'],
    ['exclude=turn.started&exclude=x', 'unknown_event_type', 'exclude[1]'],
    [Array.from({ length: 65 }, () => 'types=turn.started').join('&'), 'invalid_request', 'types'],
    ['from=yesterday', 'invalid_request', 'from'],
    ['since_id=sess_1', 'invalid_id', 'since_id'],
  ])('refuses ?%.40s', async (query, code, path) => {
    expectProblem(await send(`${streamUrl}?${query}`), 400, code, path)
  })
})

it('404: refuses an unknown session', async () => {
  expectProblem(await send(`${server.url}/v1/sessions/sess_${'0'.repeat(32)}/sse`), 404, 'session_not_found')
})
