import type { Event, WhenBusy } from '@reprise/contract'
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

const slow = script([{ text: 'This is said slowly, word by word, and takes its time.', tokens_per_second: 10 }])
const hanging = script([{ text: 'never', fail: { kind: 'hang', times: 99 } }])

async function post(sessionId: string, text: string, when_busy: WhenBusy | null = null, by = process) {
  const accepted = await by.engine.acceptMessage(fixture.message(sessionId, text, { when_busy }))
  if (accepted.outcome !== 'stored') throw new Error(accepted.outcome)
  return { delivery: accepted.delivery, turn_id: accepted.message.turn_id }
}

const ofType = (events: Event[], type: string) => events.filter((event) => event.type === type)
const textOf = (event: Event) => (event.data['message'] as { content: { text?: string }[] }).content.map((part) => part.text).join('')

describe.for([
  ['in the process that runs the turn', () => process],
  ['in another process', () => elsewhere],
] as const)('a message that comes %s', ([, by]) => {
  test('steer: joins the running turn before its next model call', async () => {
    const sessionId = await fixture.createSession()
    const started = await post(sessionId, script([{ text: 'Thinking of it.', ttft_ms: 400 }]))
    expect(await post(sessionId, 'And in French?', 'steer', by())).toEqual({ delivery: 'steered', turn_id: started.turn_id })
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    // It was giving its last answer: it goes on instead of completing, and ends once.
    expect(ofType(events, 'output.message.completed').map(textOf)).toEqual(['Thinking of it.', 'You said: And in French?'])
    expect(ofType(events, 'turn.completed')).toHaveLength(1)
    expect(ofType(events, 'turn.completed')[0]?.data).toMatchObject({ iterations: 2 })
    const { rows } = await fixture.pool.query('SELECT role, place FROM messages WHERE session_id = $1 ORDER BY place', [sessionId])
    expect(rows.map((row) => row.role)).toEqual(['user', 'agent', 'user', 'agent'])
  })

  test('steer: waits for the results of open calls', async () => {
    const sessionId = await fixture.createSession()
    await post(sessionId, script([{ ttft_ms: 400, tool_calls: [{ name: 'calculator', arguments: { expression: '1+1' } }] }, { text: 'after both' }]))
    await post(sessionId, 'Also this.', 'steer', by())
    await fixture.eventsUntil(process, sessionId, 'turn.completed')
    const { rows } = await fixture.pool.query('SELECT role FROM messages WHERE session_id = $1 ORDER BY place', [sessionId])
    expect(rows.map((row) => row.role)).toEqual(['user', 'agent', 'tool_result', 'user', 'agent'])
  })

  test('interrupt: ends the running turn with what it has said, and goes before those that wait', async () => {
    const sessionId = await fixture.createSession()
    const first = await post(sessionId, slow)
    const waiting = await post(sessionId, 'I wait')
    await fixture.eventsUntil(process, sessionId, 'output.message.delta', 2)
    const interrupting = await post(sessionId, 'Stop, this now', 'interrupt', by())
    expect(interrupting.delivery).toBe('enqueued')
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    const ends = events.filter((event) => ['turn.completed', 'turn.cancelled'].includes(event.type)).map((event) => [event.type, event.context.turn_id])
    expect(ends).toEqual([
      ['turn.cancelled', first.turn_id],
      ['turn.completed', interrupting.turn_id],
      ['turn.completed', waiting.turn_id],
    ])
    expect(ofType(events, 'turn.cancelled')[0]?.data).toMatchObject({ reason: 'interrupted' })
    const partial = ofType(events, 'output.message.completed')[0]!
    expect(partial.data).toMatchObject({ message: { metadata: { interrupted: true } } })
    const deltas = ofType(events, 'output.message.delta').filter((event) => event.context.turn_id === first.turn_id)
    expect(deltas.map((event) => event.data['delta']).join('')).toBe(textOf(partial))
    const { rows } = await fixture.pool.query('SELECT id FROM turns WHERE session_id = $1 ORDER BY ordinal', [sessionId])
    expect(rows.map((row) => row.id)).toEqual([first.turn_id, interrupting.turn_id, waiting.turn_id])
  })

  test('rollback: leaves nothing of the cancelled turn in later prompts', async () => {
    const sessionId = await fixture.createSession()
    const first = await post(sessionId, hanging)
    await post(sessionId, 'Forget that', 'rollback', by())
    await fixture.eventsUntil(process, sessionId, 'session.idled')
    const { rows } = await fixture.pool.query('SELECT status, excluded_from_prompt FROM turns WHERE id = $1', [first.turn_id])
    expect(rows).toEqual([{ status: 'cancelled', excluded_from_prompt: true }])
    const events = await fixture.events(sessionId)
    expect(ofType(events, 'turn.cancelled')[0]?.data).toMatchObject({ reason: 'rolled_back' })
  })

  test('reject: is refused, and stores nothing', async () => {
    const sessionId = await fixture.createSession()
    await post(sessionId, hanging)
    const refused = await by().engine.acceptMessage(fixture.message(sessionId, 'No?', { when_busy: 'reject' }))
    expect(refused).toEqual({ outcome: 'busy' })
    await post(sessionId, 'end', 'interrupt')
    expect(ofType(await fixture.eventsUntil(process, sessionId, 'session.idled'), 'input.message')).toHaveLength(2)
  })
})

test('a steer of an idle session starts a turn', async () => {
  const sessionId = await fixture.createSession()
  expect(await post(sessionId, 'Hello', 'steer')).toMatchObject({ delivery: 'started' })
  await fixture.eventsUntil(process, sessionId, 'turn.completed')
})

test('the default comes from the session', async () => {
  const sessionId = await fixture.createSession({ when_busy: 'steer' })
  await post(sessionId, script([{ text: 'x', ttft_ms: 200 }]))
  expect(await post(sessionId, 'y')).toMatchObject({ delivery: 'steered' })
  await fixture.eventsUntil(process, sessionId, 'turn.completed')
})

test('after a rollback the model reads what it would have read without the turn', async () => {
  const rolledBack = await fixture.createSession()
  await post(rolledBack, 'remember me')
  await fixture.eventsUntil(process, rolledBack, 'turn.completed')
  await post(rolledBack, hanging)
  await post(rolledBack, 'What is there?', 'rollback')
  await fixture.eventsUntil(process, rolledBack, 'turn.completed', 2)
  const clean = await fixture.createSession()
  await post(clean, 'remember me')
  await fixture.eventsUntil(process, clean, 'turn.completed')
  await post(clean, 'What is there?')
  await fixture.eventsUntil(process, clean, 'turn.completed', 2)
  expect(await tokensRead(rolledBack)).toBe(await tokensRead(clean))
})

/** How much the session's last model call had in its prompt. */
async function tokensRead(sessionId: string): Promise<number> {
  const { rows } = await fixture.pool.query<{ tokens: number }>("SELECT (usage->>'input_tokens')::integer AS tokens FROM messages WHERE session_id = $1 AND role = 'agent' ORDER BY sequence DESC LIMIT 1", [sessionId])
  return rows[0]!.tokens
}
