import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEngineFixture, script, type EngineFixture, type EngineProcess } from './support/engine-fixture.ts'

let fixture: EngineFixture
let process: EngineProcess
beforeAll(async () => {
  fixture = await openEngineFixture()
  process = await fixture.startProcess()
})
afterAll(() => fixture.close())

async function post(sessionId: string, text: string) {
  const outcome = await process.engine.acceptMessage(fixture.message(sessionId, text))
  expect(outcome.outcome).toBe('stored')
  return outcome
}

const oneTool = script([{ tool_calls: [{ name: 'calculator', arguments: { expression: '6*7' } }] }, { text: 'It is 42.' }])

describe('a turn', () => {
  test('calls the model, runs the tool, calls the model again, and tells it all in order', async () => {
    const sessionId = await fixture.createSession()
    await post(sessionId, oneTool)
    await fixture.eventsUntil(process, sessionId, 'session.idled')
    const events = await fixture.events(sessionId)
    expect(events.map((event) => event.type)).toEqual([
      'session.started',
      'input.message',
      'session.activated',
      'turn.started',
      'reason.started',
      'output.message.started',
      'output.message.completed',
      'llm.generation',
      'reason.completed',
      'act.started',
      'tool.started',
      'tool.completed',
      'act.completed',
      'reason.started',
      'output.message.started',
      'output.message.delta',
      'output.message.completed',
      'llm.generation',
      'reason.completed',
      'turn.completed',
      'session.idled',
    ])
    expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1))
    expect(events.find((event) => event.type === 'tool.completed')?.data).toMatchObject({ tool_name: 'calculator', success: true, status: 'success', result: { value: 42 } })
    expect(events.findLast((event) => event.type === 'output.message.completed')?.data).toMatchObject({
      message: { role: 'agent', content: [{ type: 'text', text: 'It is 42.' }] },
    })
  })

  test('of one tool is four commits: accept, answer with its intents, result, final answer', async () => {
    const sessionId = await fixture.createSession()
    await post(sessionId, oneTool)
    await fixture.eventsUntil(process, sessionId, 'session.idled')
    const { rows } = await fixture.pool.query('SELECT 1 FROM journal WHERE session_id = $1 AND turn_id IS NOT NULL', [sessionId])
    expect(rows).toHaveLength(4)
  })

  test('streams what it reads back: live events and stored ones are the same', async () => {
    const sessionId = await fixture.createSession()
    const live = fixture.eventsUntil(process, sessionId, 'session.idled')
    await post(sessionId, script([{ thinking: 'Hm.\n"quoted" é', signature: 'sig==', text: 'Done now.', tokens_per_second: 400 }]))
    expect(await live).toEqual(await fixture.events(sessionId))
  })

  test('runs several tools of one answer, each result a checkpoint of its own', async () => {
    const sessionId = await fixture.createSession()
    const calls = ['1+1', '2+2', '3+'].map((expression) => ({ name: 'calculator', arguments: { expression } }))
    await post(sessionId, script([{ tool_calls: calls }, { tool_calls: [{ name: 'no_such_tool', arguments: {} }] }, { text: 'end' }]))
    const events = await fixture.eventsUntil(process, sessionId, 'turn.completed')
    // They run side by side, so their results come in any order.
    const results = new Map(events.filter((event) => event.type === 'tool.completed').map((event) => [event.data['tool_call_id'], event.data]))
    expect(results.get('call_1')).toMatchObject({ success: true, result: { value: 2 } })
    expect(results.get('call_2')).toMatchObject({ success: true, result: { value: 4 } })
    expect(results.get('call_3')).toMatchObject({ success: false, error: expect.stringContaining('expected a number') })
    expect(results.get('call_4')).toMatchObject({ success: false, error: 'There is no tool named no_such_tool.' })
    expect(results.size).toBe(4)
    const { rows } = await fixture.pool.query('SELECT count(*)::integer AS open FROM tool_calls WHERE session_id = $1 AND closed_by IS NULL', [sessionId])
    expect(rows).toEqual([{ open: 0 }])
  })

  test('that reaches max_iterations answers the last calls with errors and fails with that code', async () => {
    const sessionId = await fixture.createSession({ max_iterations: 2 })
    const step = { tool_calls: [{ name: 'calculator', arguments: { expression: '1' } }] }
    await post(sessionId, script([step, step, step]))
    const events = await fixture.eventsUntil(process, sessionId, 'turn.failed')
    expect(events.at(-1)?.data).toMatchObject({ error_code: 'max_iterations' })
    expect(events.filter((event) => event.type === 'tool.completed').map((event) => event.data['success'])).toEqual([true, false])
    expect(events.findLast((event) => event.type === 'output.message.completed')?.data).toMatchObject({ message: { metadata: { notice: true } } })
  })

  test.for([
    ['429', 'provider_rate_limited'],
    ['500', 'provider_error'],
    ['cut', 'provider_error'],
    ['malformed', 'provider_error'],
  ] as const)('whose model fails with %s fails with %s, and the session goes on', async ([kind, error_code]) => {
    const sessionId = await fixture.createSession()
    await post(sessionId, script([{ text: 'half of this is said', fail: { kind, times: 9 } }]))
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(events.find((event) => event.type === 'turn.failed')?.data).toMatchObject({ error_code })
    await post(sessionId, 'And now?')
    await fixture.eventsUntil(process, sessionId, 'turn.completed')
  })

  test('sees earlier turns, and never those that wait behind it', async () => {
    const sessionId = await fixture.createSession()
    await Promise.all([post(sessionId, script([{ text: 'first', ttft_ms: 30 }])), post(sessionId, 'second'), post(sessionId, 'third')])
    const events = await fixture.eventsUntil(process, sessionId, 'turn.completed', 3)
    const inputs = events.filter((event) => event.type === 'input.message').map((event) => event.context.turn_id)
    const ends = events.filter((event) => event.type === 'turn.completed').map((event) => event.context.turn_id)
    expect(ends).toEqual(inputs)
    expect(events.filter((event) => event.type === 'turn.started').map((event) => event.context.turn_id)).toEqual(inputs)
  })
})

describe('the deltas of a message', () => {
  test('concatenate to exactly its text and its thinking', async () => {
    const sessionId = await fixture.createSession()
    const text = 'Grüße 👋🏽 and a longer text that takes some time to be said. '.repeat(4)
    await post(sessionId, script([{ thinking: 'Let me see 🤔', signature: 'abc', text, tokens_per_second: 600 }]))
    const events = await fixture.eventsUntil(process, sessionId, 'turn.completed')
    const join = (type: string) => events.filter((event) => event.type === type).map((event) => event.data['delta']).join('')
    expect(join('output.message.delta')).toBe(text)
    expect(join('reason.thinking.delta')).toBe('Let me see 🤔')
    expect(events.filter((event) => event.type === 'output.message.delta').length).toBeGreaterThan(2)
    expect(events.findLast((event) => event.type === 'output.message.completed')?.data).toMatchObject({
      message: { content: [{ type: 'text', text }], thinking: 'Let me see 🤔', thinking_signature: 'abc' },
    })
  })
})

describe('a worker that stops', () => {
  test('finishes its turn, and leaves the one that waits behind it to another', async () => {
    const stopping = await fixture.startProcess({ graceMs: 10_000 })
    const sessionId = await fixture.createSession()
    for (const text of [script([{ text: 'first', ttft_ms: 300 }]), script([{ text: 'second', ttft_ms: 300 }])]) {
      expect((await stopping.engine.acceptMessage(fixture.message(sessionId, text))).outcome).toBe('stored')
    }
    await stopping.engine.stop()
    const { rows } = await fixture.pool.query('SELECT worker_id FROM turns WHERE session_id = $1 AND worker_id = $2', [sessionId, stopping.engine.worker.id])
    expect(rows).toEqual([])
    const events = await fixture.eventsUntil(process, sessionId, 'turn.completed', 2)
    expect(events.filter((event) => event.type === 'reason.recovered')).toEqual([])
  })
})

describe('a turn left by its process', () => {
  test('is taken up by another where it stands, and says that the model call starts over', async () => {
    const first = await fixture.startProcess({ graceMs: 0 })
    const sessionId = await fixture.createSession()
    const long = 'word '.repeat(60)
    const steps = [{ tool_calls: [{ name: 'calculator', arguments: { expression: '5*5' } }] }, { text: long, tokens_per_second: 100 }]
    expect(await first.engine.acceptMessage(fixture.message(sessionId, script(steps)))).toMatchObject({ delivery: 'started' })
    await fixture.eventsUntil(first, sessionId, 'output.message.delta')
    await first.stop()
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(events.filter((event) => event.type === 'tool.completed')).toHaveLength(1)
    expect(events.filter((event) => event.type === 'reason.recovered').map((event) => event.data)).toEqual([
      { turn_id: expect.any(String), mode: 'restart', accumulated_len: expect.any(Number) },
    ])
    const lastStart = events.findLastIndex((event) => event.type === 'output.message.started')
    const deltas = events.slice(lastStart).filter((event) => event.type === 'output.message.delta')
    expect(deltas.map((event) => event.data['delta']).join('')).toBe(long)
    expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1))
  })
})
