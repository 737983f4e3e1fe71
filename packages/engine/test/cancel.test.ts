import type { Event } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEngineFixture, script, type EngineFixture, type EngineProcess } from './support/engine-fixture.ts'

let fixture: EngineFixture
let process: EngineProcess
let elsewhere: EngineProcess
beforeAll(async () => {
  fixture = await openEngineFixture()
  process = await fixture.startProcess()
  elsewhere = await fixture.startProcess()
})
afterAll(() => fixture.close())

const { organization_id } = seeded
const hanging = script([{ text: 'never', fail: { kind: 'hang', times: 99 } }])
const ofType = (events: Event[], type: string) => events.filter((event) => event.type === type)

async function post(sessionId: string, text: string) {
  const accepted = await process.engine.acceptMessage(fixture.message(sessionId, text))
  if (accepted.outcome !== 'stored') throw new Error(accepted.outcome)
  return accepted.message.turn_id
}

describe.for([
  ['the process that runs the turn', () => process],
  ['another process', () => elsewhere],
] as const)('a cancel by %s', ([, by]) => {
  test('ends a model call that hangs, and the turn within a second', async () => {
    const sessionId = await fixture.createSession()
    const turn_id = await post(sessionId, hanging)
    await fixture.eventsUntil(process, sessionId, 'reason.started')
    const askedAt = performance.now()
    expect(await by().engine.cancelTurns({ organization_id, session_id: sessionId, scope: 'all' })).toEqual({ outcome: 'cancelled' })
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(performance.now() - askedAt).toBeLessThan(1_000)
    expect(ofType(events, 'turn.cancelled').map((event) => event.data)).toMatchObject([{ turn_id, reason: 'cancelled' }])
  })

  test('ends the waiting turns too, or, if asked to, only the running one', async () => {
    const sessionId = await fixture.createSession()
    const running = await post(sessionId, hanging)
    const next = await post(sessionId, hanging)
    const last = await post(sessionId, hanging)
    await by().engine.cancelTurns({ organization_id, session_id: sessionId, scope: 'running' })
    await fixture.eventsUntil(process, sessionId, 'turn.cancelled')
    await by().engine.cancelTurns({ organization_id, session_id: sessionId, scope: 'all' })
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(ofType(events, 'turn.cancelled').map((event) => event.context.turn_id).toSorted()).toEqual([running, next, last].toSorted())
    expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1))
  })

  test('ends one waiting turn by its id, and no other', async () => {
    const sessionId = await fixture.createSession()
    await post(sessionId, script([{ text: 'first', ttft_ms: 300 }]))
    const middle = await post(sessionId, 'second')
    const last = await post(sessionId, 'third')
    expect(await by().engine.cancelTurns({ organization_id, turn_id: middle })).toEqual({ outcome: 'cancelled' })
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(ofType(events, 'turn.cancelled').map((event) => event.context.turn_id)).toEqual([middle])
    expect(ofType(events, 'turn.completed').at(-1)?.context.turn_id).toBe(last)
    expect(await by().engine.cancelTurns({ organization_id, turn_id: middle })).toEqual({ outcome: 'no_op' })
  })
})

test('a cancel of an idle session, or of what has ended, is a no-op', async () => {
  const sessionId = await fixture.createSession()
  expect(await process.engine.cancelTurns({ organization_id, session_id: sessionId, scope: 'all' })).toEqual({ outcome: 'no_op' })
  await post(sessionId, 'hello')
  await fixture.eventsUntil(process, sessionId, 'session.idled')
  expect(await process.engine.cancelTurns({ organization_id, session_id: sessionId, scope: 'all' })).toEqual({ outcome: 'no_op' })
  expect(await process.engine.cancelTurns({ organization_id, session_id: `sess_${'0'.repeat(32)}`, scope: 'all' })).toEqual({ outcome: 'not_found' })
  expect(await process.engine.cancelTurns({ organization_id: `org_${'0'.repeat(32)}`, session_id: sessionId, scope: 'all' })).toEqual({ outcome: 'not_found' })
})

test('a cancel that races with the turn’s completion has exactly one outcome, and never says otherwise', async () => {
  const outcomes = new Map<string, number>()
  await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const sessionId = await fixture.createSession()
      await post(sessionId, script([{ text: 'quick', ttft_ms: index % 12 }]))
      await new Promise((resolve) => setTimeout(resolve, index % 15))
      const { outcome } = await (index % 2 ? process : elsewhere).engine.cancelTurns({ organization_id, session_id: sessionId, scope: 'all' })
      const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
      const ends = events.filter((event) => ['turn.completed', 'turn.cancelled', 'turn.failed'].includes(event.type)).map((event) => event.type)
      expect(ends).toEqual([outcome === 'cancelled' ? 'turn.cancelled' : 'turn.completed'])
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }),
  )
  // Both happen, or this shows nothing.
  expect([...outcomes.keys()].toSorted()).toEqual(['cancelled', 'no_op'])
})

test('a cancelled turn leaves no call without a result, and says what is known of each', async () => {
  const sessionId = await fixture.createSession({ tools: [{ type: 'client_side', name: 'ask', description: '', parameters: { type: 'object' } }] })
  await post(sessionId, script([{ tool_calls: [{ name: 'ask', arguments: { a: 1 } }, { name: 'calculator', arguments: { expression: '1' } }] }]))
  await fixture.eventsUntil(process, sessionId, 'tool.call_requested')
  await elsewhere.engine.cancelTurns({ organization_id, session_id: sessionId, scope: 'all' })
  const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
  expect(ofType(events, 'tool.completed').map((event) => [event.data['tool_name'], event.data['status']])).toEqual([
    ['calculator', 'success'],
    ['ask', 'outcome_unknown'],
  ])
  const { rows } = await fixture.pool.query('SELECT name, closed_by FROM tool_calls WHERE session_id = $1 ORDER BY position', [sessionId])
  expect(rows).toEqual([{ name: 'ask', closed_by: 'cancel' }, { name: 'calculator', closed_by: 'tool' }])
})

test('a cancelled turn whose process died is ended by the one that takes it up, with the text that was streamed', async () => {
  const dying = await fixture.startProcess({ graceMs: 0 })
  const sessionId = await fixture.createSession()
  expect(await dying.engine.acceptMessage(fixture.message(sessionId, script([{ text: 'one two three four five six seven eight', tokens_per_second: 8 }])))).toMatchObject({ delivery: 'started' })
  await fixture.eventsUntil(dying, sessionId, 'output.message.delta', 2)
  // As a crash leaves it: the wish is stored, and the owner never hears of it.
  await fixture.pool.query("UPDATE session_heads SET cancel_requested = 'cancel' WHERE session_id = $1", [sessionId])
  await dying.stop()
  const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
  const deltas = ofType(events, 'output.message.delta').map((event) => event.data['delta']).join('')
  expect(deltas).not.toBe('')
  expect(ofType(events, 'output.message.completed').map((event) => event.data)).toMatchObject([{ message: { content: [{ text: deltas }], metadata: { interrupted: true } } }])
  expect(ofType(events, 'turn.cancelled')).toHaveLength(1)
})
