import type { Event } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEngineFixture, script, type EngineFixture, type EngineProcess } from './support/engine-fixture.ts'

let fixture: EngineFixture
let process: EngineProcess
let elsewhere: EngineProcess
beforeAll(async () => {
  fixture = await openEngineFixture()
  process = await fixture.startProcess({ limits: { callerMsMax: 60_000 } })
  elsewhere = await fixture.startProcess({ limits: { callerMsMax: 60_000 } })
})
afterAll(() => fixture.close())

const { organization_id } = seeded
const ofType = (events: Event[], type: string) => events.filter((event) => event.type === type)
const ask = { name: 'ask', arguments: { question: 'Which?' } }

async function createSession(): Promise<string> {
  return await fixture.createSession({ tools: [{ type: 'client_side', name: 'ask', description: 'Asks the user', parameters: { type: 'object' } }] })
}

/** A session whose turn waits for answers to so many calls. */
async function park(calls = 1, on = process): Promise<string> {
  const sessionId = await createSession()
  await on.engine.acceptMessage(fixture.message(sessionId, script([{ tool_calls: Array.from({ length: calls }, () => ask) }, { text: 'Thank you.' }])))
  await fixture.eventsUntil(on, sessionId, 'tool.call_requested')
  return sessionId
}

async function submit(session_id: string, results: { tool_call_id: string; result?: unknown; error?: string }[], by = process) {
  return await by.engine.submitToolResults({ organization_id, session_id, results })
}

describe('a turn that asks its caller', () => {
  test('parks without a worker, and goes on with the answer, whoever takes it', async () => {
    const sessionId = await park()
    const { rows } = await fixture.pool.query('SELECT status, worker_id, wake_at IS NOT NULL AS wakes FROM turns WHERE session_id = $1', [sessionId])
    expect(rows).toEqual([{ status: 'parked', worker_id: null, wakes: true }])
    expect(await submit(sessionId, [{ tool_call_id: 'call_1', result: { choice: 'b' } }], elsewhere)).toEqual({ outcome: 'accepted', accepted: 1 })
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(ofType(events, 'tool.call_requested')[0]?.data).toEqual({ tool_calls: [{ id: 'call_1', name: 'ask', arguments: { question: 'Which?' } }] })
    expect(ofType(events, 'tool.completed')[0]?.data).toMatchObject({ success: true, result: { choice: 'b' } })
    expect(ofType(events, 'turn.completed')).toHaveLength(1)
    expect(ofType(events, 'reason.recovered')).toHaveLength(0)
  })

  test('stays parked with a part of the answers', async () => {
    const sessionId = await park(3)
    expect(await submit(sessionId, [{ tool_call_id: 'call_2', error: 'no idea' }])).toEqual({ outcome: 'accepted', accepted: 1 })
    expect(await submit(sessionId, [{ tool_call_id: 'call_2', error: 'no idea' }, { tool_call_id: 'call_1', result: 1 }])).toEqual({ outcome: 'accepted', accepted: 2 })
    expect(await submit(sessionId, [{ tool_call_id: 'call_2', error: 'another' }])).toEqual({ outcome: 'call_closed', tool_call_id: 'call_2' })
    const { rows } = await fixture.pool.query('SELECT status FROM turns WHERE session_id = $1', [sessionId])
    expect(rows).toEqual([{ status: 'parked' }])
    await submit(sessionId, [{ tool_call_id: 'call_3', result: null }])
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(ofType(events, 'tool.completed').map((event) => event.data['tool_call_id'])).toEqual(['call_2', 'call_1', 'call_3'])
    expect(await submit(sessionId, [{ tool_call_id: 'call_3', result: null }])).toEqual({ outcome: 'accepted', accepted: 1 })
  })

  test('takes one of many answers sent at once by two processes, and of no call two', async () => {
    const sessionId = await park(2)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => submit(sessionId, [{ tool_call_id: `call_${1 + (index % 2)}`, result: index }], index % 3 ? process : elsewhere)),
    )
    expect(answers.filter((answer) => answer.outcome === 'accepted')).toHaveLength(2)
    expect(answers.filter((answer) => answer.outcome === 'call_closed')).toHaveLength(18)
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(ofType(events, 'tool.completed')).toHaveLength(2)
  })

  test('runs its own tools first', async () => {
    const sessionId = await createSession()
    await process.engine.acceptMessage(fixture.message(sessionId, script([{ tool_calls: [ask, { name: 'calculator', arguments: { expression: '2*3' } }] }, { text: 'Both.' }])))
    const events = await fixture.eventsUntil(process, sessionId, 'tool.call_requested')
    expect(ofType(events, 'tool.completed').map((event) => event.data['tool_name'])).toEqual(['calculator'])
    await submit(sessionId, [{ tool_call_id: 'call_1', result: 'ok' }])
    await fixture.eventsUntil(process, sessionId, 'turn.completed')
  })

  test('refuses answers that nobody asked for', async () => {
    const sessionId = await createSession()
    expect(await submit(sessionId, [{ tool_call_id: 'call_1', result: 1 }])).toEqual({ outcome: 'unknown_call', tool_call_id: 'call_1' })
    expect(await submit(`sess_${'0'.repeat(32)}`, [{ tool_call_id: 'call_1', result: 1 }])).toEqual({ outcome: 'session_not_found' })
  })

  test.for(['enqueue', 'steer'] as const)('goes on with a message that comes instead (%s)', async (when_busy) => {
    const sessionId = await park(2)
    const accepted = await elsewhere.engine.acceptMessage(fixture.message(sessionId, 'Never mind.', { when_busy }))
    expect(accepted).toMatchObject({ outcome: 'stored', delivery: 'resumed' })
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(ofType(events, 'tool.completed').map((event) => event.data)).toMatchObject([1, 2].map(() => ({ success: false, error: expect.stringContaining('message instead') })))
    expect(ofType(events, 'turn.completed')).toHaveLength(1)
    expect(await submit(sessionId, [{ tool_call_id: 'call_1', result: 1 }])).toEqual({ outcome: 'call_closed', tool_call_id: 'call_1' })
  })

  test.for(['interrupt', 'rollback'] as const)('ends for a message that comes as %s', async (when_busy) => {
    const sessionId = await park()
    expect(await elsewhere.engine.acceptMessage(fixture.message(sessionId, 'Now this.', { when_busy }))).toMatchObject({ delivery: 'enqueued' })
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(events.filter((event) => event.type.startsWith('turn.')).map((event) => event.type)).toEqual(['turn.started', 'turn.cancelled', 'turn.started', 'turn.completed'])
  })

  test('is not left waiting for ever: a deadline closes what nobody answered', async () => {
    const sessionId = await park(2)
    await submit(sessionId, [{ tool_call_id: 'call_1', result: 1 }])
    await fixture.pool.query("UPDATE tool_calls SET deadline_at = now() - interval '1 second' WHERE session_id = $1", [sessionId])
    await fixture.pool.query("UPDATE turns SET wake_at = now() - interval '1 second' WHERE session_id = $1", [sessionId])
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(ofType(events, 'tool.completed').map((event) => event.data['success'])).toEqual([true, false])
    expect(await submit(sessionId, [{ tool_call_id: 'call_2', result: 2 }])).toEqual({ outcome: 'call_closed', tool_call_id: 'call_2' })
  })
})
