import type { Event } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { query } from './support/call-procedure.ts'
import { createForeignSession } from './support/create-foreign-session.ts'
import { createSession, expectProblem, scriptMessage, send, textMessage } from './support/requests.ts'
import { runTurn } from './support/run-turn.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let sessionId: string
let eventsUrl: string
let all: Event[]
let turnIds: string[]

/** Four turns: two of text, one of them tagged, and two that each use another tool. */
beforeAll(async () => {
  server = await startServer()
  sessionId = (await createSession(server.url, { capabilities: ['calculator', 'current_time'].map((ref) => ({ ref })) })).id
  eventsUrl = `${server.url}/v1/sessions/${sessionId}/events`
  const turns = [
    { ...textMessage('Hello Wörld'), tags: ['red', 'blue'] },
    scriptMessage([{ tool_calls: [{ name: 'calculator', arguments: { expression: '1000+337' } }] }, { text: 'Done' }]),
    scriptMessage([{ tool_calls: [{ name: 'current_time', arguments: {} }] }, { text: 'Done' }]),
    { ...textMessage('"quoted"'), tags: ['red'] },
  ]
  const ended = []
  for (const turn of turns) ended.push(await runTurn(server.url, sessionId, turn))
  turnIds = ended.map((events) => events.find(({ type }) => type === 'turn.started')!.context.turn_id!)
  all = await list('limit=1000')
})
afterAll(() => server.close())

async function list(parameters: string): Promise<Event[]> {
  const answer = await send<{ data: Event[] }>(`${eventsUrl}?${parameters}`)
  expect(answer.status, answer.text).toBe(200)
  return answer.body.data
}

describe('GET /v1/sessions/{session_id}/events', () => {
  it('200: around: the event and those on either side', async () => {
    const { id } = all[10]!
    expect(await list(`around=${id}&window=3`)).toEqual(all.slice(7, 14))
    expect(await list(`around=${id}&window=0`)).toEqual(all.slice(10, 11))
    expect(await list(`around=${id}&limit=5`)).toEqual(all.slice(8, 13))
    expect(await list(`around=${id}&limit=4&window=3`)).toEqual(all.slice(9, 12))
    expect(await list(`around=${id}&limit=1`)).toEqual(all.slice(10, 11))
    expect(await list(`around=${all[0]!.id}&window=2`)).toEqual(all.slice(0, 3))
    expect(await list(`around=${all.at(-1)!.id}&window=2`)).toEqual(all.slice(-3))
  })

  it('200: around counts what the other filters leave', async () => {
    const started = all.filter(({ type }) => type === 'turn.started')
    expect(await list(`around=${started[1]!.id}&window=1&types=turn.started`)).toEqual(started.slice(0, 3))
    const between = all[started[1]!.sequence]!
    expect(await list(`around=${between.id}&window=1&types=turn.started`)).toEqual(started.slice(1, 3))
  })

  it('200: from_ts and to_ts, both inclusive, in any offset', async () => {
    const { ts } = all[12]!
    const at = Date.parse(ts)
    expect(await list(`from_ts=${ts}&limit=1000`)).toEqual(all.filter((event) => Date.parse(event.ts) >= at))
    expect(await list(`to_ts=${ts}&limit=1000`)).toEqual(all.filter((event) => Date.parse(event.ts) <= at))
    expect(await list(`from_ts=${ts}&to_ts=${ts}&limit=1000`)).toEqual(all.filter((event) => Date.parse(event.ts) === at))
    const elsewhere = new Date(at + 2 * 3_600_000).toISOString().replace('Z', '+02:00')
    expect(await list(`from_ts=${encodeURIComponent(elsewhere)}&limit=1000`)).toEqual(all.filter((event) => Date.parse(event.ts) >= at))
    expect(await list('from_ts=2999-01-01T00:00:00Z')).toEqual([])
    expect(await list('to_ts=0001-01-01T00:00:00Z')).toEqual([])
    expect(await list('from_ts=0001-01-01T00:00:00Z&to_ts=9999-12-31T23:59:59Z&limit=1000')).toEqual(all)
  })

  it('200: turn_id, of each turn and of none', async () => {
    for (const turnId of turnIds) expect(await list(`turn_id=${turnId}&limit=1000`)).toEqual(all.filter(({ context }) => context.turn_id === turnId))
    expect(await list(`turn_id=turn_${'0'.repeat(32)}`)).toEqual([])
  })

  it('200: exec_id and trace_id find nothing, for nothing here has one', async () => {
    expect(all.some(({ context }) => context.exec_id ?? context.trace_id)).toBe(false)
    expect(await list(`exec_id=exec_${'0'.repeat(32)}`)).toEqual([])
    expect(await list('trace_id=4bf92f3577b34da6a3ce929d0e0e4736')).toEqual([])
  })

  it('200: tool_name finds every event about the tool', async () => {
    const found = await list('tool_name=calculator&limit=1000')
    expect(found.map(({ type }) => type)).toEqual(['act.started', 'tool.started', 'tool.completed'])
    expect(new Set(found.map(({ context }) => context.turn_id))).toEqual(new Set([turnIds[1]]))
    expect(await list('tool_name=calc')).toEqual([])
  })

  it('200: tags finds the messages that have all of them', async () => {
    const tagged = (...tags: string[]) => all.filter(({ data }) => tags.every((tag) => (data['message'] as { tags?: string[] } | undefined)?.tags?.includes(tag)))
    expect(tagged('red')).toHaveLength(2)
    expect(await list('tags=red')).toEqual(tagged('red'))
    expect(await list('tags=red&tags=blue')).toEqual(tagged('red', 'blue'))
    expect(await list('tags=green')).toEqual([])
  })

  it('200: q finds what the data says, also in messages and tool results', async () => {
    const sequences = async (q: string) => (await list(`q=${encodeURIComponent(q)}&limit=1000`)).map(({ sequence }) => sequence)
    const ofTypes = (...types: string[]) => all.filter(({ type }) => types.includes(type)).map(({ sequence }) => sequence)
    expect(await sequences('HELLO wörld')).toEqual(expect.arrayContaining([ofTypes('input.message')[0]]))
    expect((await list('q=1337')).some(({ type }) => type === 'tool.completed')).toBe(true)
    expect(await sequences('"quoted"')).toEqual(expect.arrayContaining([ofTypes('input.message')[3]]))
    expect(await sequences('%')).toEqual([])
    expect(await sequences('nowhere at all')).toEqual([])
  })

  it('200: order_desc turns the same page round', async () => {
    for (const parameters of ['limit=5', 'limit=5&after_sequence=3', `limit=5&types=turn.started`, `around=${all[10]!.id}&window=3`]) {
      expect(await list(`${parameters}&order_desc=true`), parameters).toEqual((await list(parameters)).toReversed())
    }
  })

  it('200: all filters hold at once', async () => {
    const { ts } = all[5]!
    expect(await list(`types=tool.completed&exclude=act.started&turn_id=${turnIds[1]}&tool_name=calculator&q=1337&from_ts=${ts}&after_sequence=2&before_sequence=1000&since_id=${all[0]!.id}`)).toEqual(
      all.filter(({ type, context }) => type === 'tool.completed' && context.turn_id === turnIds[1]),
    )
    expect(await list(`turn_id=${turnIds[1]}&tool_name=current_time`)).toEqual([])
    expect(await list(`turn_id=${turnIds[1]}&tags=red`)).toEqual([])
  })

  it('gives over tRPC what it gives over REST', async () => {
    const answer = await query<Event[]>(server.url, 'events.list', { session_id: sessionId, around: all[10]!.id, window: 2, order_desc: true })
    expect(answer.body.result!.data).toEqual(all.slice(8, 13).toReversed())
    const refused = await query(server.url, 'events.list', { session_id: sessionId, window: 2 })
    expect([refused.status, refused.body.error!.data.errors]).toEqual([400, [{ path: 'window', message: 'needs around' }]])
  })

  const none = `event_${'0'.repeat(32)}`
  it.each([
    ['around=1', 'invalid_id', 'around'],
    [`around=${none}`, 'invalid_cursor', 'around'],
    [`around=${none}&since_id=${none}`, 'invalid_request', 'around'],
    [`around=${none}&after_sequence=1`, 'invalid_request', 'around'],
    [`around=${none}&before_sequence=1`, 'invalid_request', 'around'],
    ['window=3', 'invalid_request', 'window'],
    [`around=${none}&window=500`, 'invalid_request', 'window'],
    [`around=${none}&window=-1`, 'invalid_request', 'window'],
    [`around=${none}&window=many`, 'invalid_request', 'window'],
    ['from_ts=yesterday', 'invalid_request', 'from_ts'],
    ['from_ts=2026-01-01', 'invalid_request', 'from_ts'],
    ['to_ts=1700000000000', 'invalid_request', 'to_ts'],
    ['from_ts=2026-01-02T00:00:00Z&to_ts=2026-01-01T00:00:00Z', 'invalid_request', 'from_ts'],
    ['from_ts=2026-01-02T00:00:00Z&from_ts=2026-01-02T00:00:00Z', 'invalid_request', 'from_ts'],
    ['turn_id=turn_1', 'invalid_id', 'turn_id'],
    ['exec_id=exec_1', 'invalid_id', 'exec_id'],
    ['trace_id=', 'invalid_request', 'trace_id'],
    ['tool_name=', 'invalid_request', 'tool_name'],
    [`tool_name=${'x'.repeat(257)}`, 'invalid_request', 'tool_name'],
    ['tags=', 'invalid_request', 'tags[0]'],
    [Array.from({ length: 51 }, () => 'tags=a').join('&'), 'invalid_request', 'tags'],
    ['q=', 'invalid_request', 'q'],
    ['q=%00', 'invalid_request', 'q'],
    ['order_desc=newest', 'invalid_request', 'order_desc'],
    [Array.from({ length: 65 }, () => 'types=turn.started').join('&'), 'invalid_request', 'types'],
    [Array.from({ length: 65 }, () => 'exclude=turn.started').join('&'), 'invalid_request', 'exclude'],
    ['limit=0', 'invalid_request', 'limit'],
    ['limit=-1', 'invalid_request', 'limit'],
    ['limit=1000000000', 'invalid_request', 'limit'],
    ['limit=1&limit=2', 'invalid_request', 'limit'],
    ['after_sequence=99999999999999999999', 'invalid_request', 'after_sequence'],
  ])('400: refuses ?%s', async (parameters, code, path) => {
    expectProblem(await send(`${eventsUrl}?${parameters}`), 400, code, path)
  })

  it("400: refuses another session's events as cursor and as middle", async () => {
    const other = await createSession(server.url)
    const [event] = (await send<{ data: Event[] }>(`${server.url}/v1/sessions/${other.id}/events`)).body.data
    for (const name of ['since_id', 'around']) expectProblem(await send(`${eventsUrl}?${name}=${event!.id}`), 400, 'invalid_cursor', name)
  })

  it('404: shows no events of another organization', async () => {
    const foreign = await createForeignSession(server.pool)
    expectProblem(await send(`${server.url}/v1/sessions/${foreign}/events?q=a`), 404, 'session_not_found')
  })
})
