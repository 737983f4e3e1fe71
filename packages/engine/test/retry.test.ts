import type { Event } from '@reprise/contract'
import { listWorkers, seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ModelError, type ModelChunk } from '../src/index.ts'
import { openEngineFixture, script, type EngineFixture, type EngineProcess } from './support/engine-fixture.ts'
import { speakAs } from './support/speak-as.ts'

let fixture: EngineFixture
let process: EngineProcess
beforeAll(async () => {
  fixture = await openEngineFixture()
  process = await fixture.startProcess()
})
afterAll(() => fixture.close())

const ofType = (events: Event[], type: string) => events.filter((event) => event.type === type)

async function run(text: string, on = process): Promise<Event[]> {
  const sessionId = await fixture.createSession()
  await on.engine.acceptMessage(fixture.message(sessionId, text))
  return await fixture.eventsUntil(on, sessionId, 'session.idled')
}

describe('a model call', () => {
  test.for(['429', '500', 'malformed'] as const)('that fails with %s is tried again, and the turn completes', async (kind) => {
    const events = await run(script([{ text: 'at last', fail: { kind, times: 2 } }]))
    expect(ofType(events, 'turn.completed')).toHaveLength(1)
    expect(ofType(events, 'reason.completed').map((event) => event.data['success'])).toEqual([false, false, true])
    expect(ofType(events, 'llm.generation').at(-1)?.data).toMatchObject({ metadata: { success: true, retry: { attempt: 3 } } })
    // Nothing of the failed calls was said, so there is nothing to take back.
    expect(ofType(events, 'reason.recovered')).toHaveLength(0)
  })

  test('that breaks off is announced as starting over, and its text is told once more from the start', async () => {
    const text = 'This sentence is cut in half, and then said in full.'
    const events = await run(script([{ text, tokens_per_second: 200, fail: { kind: 'cut', times: 1 } }]))
    expect(ofType(events, 'reason.recovered').map((event) => event.data)).toEqual([{ turn_id: expect.any(String), mode: 'restart', accumulated_len: expect.any(Number) }])
    const lastStart = events.findLastIndex((event) => event.type === 'output.message.started')
    expect(ofType(events.slice(lastStart), 'output.message.delta').map((event) => event.data['delta']).join('')).toBe(text)
  })

  test('is given up after five attempts, and the turn’s row says how many there were', async () => {
    const events = await run(script([{ text: 'never', fail: { kind: '500', times: 99 } }]))
    expect(ofType(events, 'reason.started')).toHaveLength(5)
    expect(ofType(events, 'turn.failed')[0]?.data).toMatchObject({ error_code: 'provider_error' })
    const { rows } = await fixture.pool.query('SELECT status, attempt, error FROM turns WHERE id = $1', [events.find((event) => event.type === 'turn.failed')?.context.turn_id])
    expect(rows).toEqual([{ status: 'failed', attempt: 5, error: 'sim: internal server error' }])
  })

  test('that the provider refuses is not tried again', async () => {
    const events = await run('```sim\n{"steps":[]}\n```')
    expect(ofType(events, 'reason.started')).toHaveLength(1)
    expect(ofType(events, 'turn.failed')).toHaveLength(1)
  })

  test('waits as long as the provider asks, and no attempt is made before', async () => {
    const events = await run(script([{ text: 'later', fail: { kind: '429', times: 1, retry_after_ms: 300 } }]))
    const [first, second] = ofType(events, 'reason.started')
    expect(Date.parse(second!.ts) - Date.parse(first!.ts)).toBeGreaterThanOrEqual(290)
  })

  test('that hangs is ended by its time limit, also when the provider does not heed the signal', async () => {
    const deaf = speakAs(() => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise<IteratorResult<ModelChunk>>(() => {}) }) }))
    const impatient = await fixture.startProcess({ createProvider: deaf, limits: { modelCallMsMax: 30, modelAttemptsMax: 2 } })
    const events = await run('hello', impatient)
    expect(ofType(events, 'turn.failed')[0]?.data).toMatchObject({ error_code: 'provider_timeout' })
    await impatient.stop()
  })

  test('goes on counting where another process stopped, and never before it was counted', async () => {
    const first = await fixture.startProcess({ graceMs: 0, limits: { retryBaseMs: 60_000 } })
    const sessionId = await fixture.createSession()
    await first.engine.acceptMessage(fixture.message(sessionId, script([{ text: 'yes', fail: { kind: '500', times: 1 } }])))
    await fixture.eventsUntil(first, sessionId, 'reason.completed')
    for (;;) {
      const { rows } = await fixture.pool.query<{ attempt: number }>('SELECT attempt FROM turns WHERE session_id = $1 AND retry_at > now()', [sessionId])
      if (rows[0]?.attempt === 2) break
    }
    await first.stop()
    await fixture.pool.query('UPDATE turns SET retry_at = now() WHERE session_id = $1', [sessionId])
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(ofType(events, 'turn.completed')).toHaveLength(1)
    expect(ofType(events, 'reason.started')).toHaveLength(2)
  })
})

test('a turn that failed before a message which had joined it got its place is told whole to the next one in the same process', async () => {
  const gate = Promise.withResolvers<void>()
  const prompts: string[] = []
  const failing = speakAs(async function* ({ earlier_turns, messages }) {
    prompts.push(JSON.stringify([earlier_turns, messages]))
    if (prompts.length === 1) {
      await gate.promise
      throw new ModelError('invalid_request', 'no')
    }
    yield { type: 'text_delta', delta: 'yes' }
    yield { type: 'finished', finish_reason: 'stop', usage: { input_tokens: 1, output_tokens: 1 }, response_id: null }
  })
  const alone = await fixture.startProcess({ createProvider: failing })
  const sessionId = await fixture.createSession()
  await alone.engine.acceptMessage(fixture.message(sessionId, 'the first'))
  await expect.poll(() => prompts.length).toBe(1)
  expect(await alone.engine.acceptMessage(fixture.message(sessionId, 'the steer', { when_busy: 'steer' }))).toMatchObject({ delivery: 'steered' })
  gate.resolve()
  await fixture.eventsUntil(alone, sessionId, 'turn.failed')
  await alone.engine.acceptMessage(fixture.message(sessionId, 'the next'))
  await fixture.eventsUntil(alone, sessionId, 'turn.completed')
  expect(prompts).toHaveLength(2)
  expect(prompts[1]).toContain('the steer')
  await alone.stop()
})

test('what a step took to be answered is not held against the next, which a message that joined began', async () => {
  const gate = Promise.withResolvers<void>()
  let calls = 0
  const faltering = speakAs(async function* () {
    calls += 1
    if (calls === 1) await gate.promise
    // The first step is answered at its third attempt, the second at its fourth.
    if (![3, 7].includes(calls)) throw new ModelError('server_error', 'down')
    yield { type: 'text_delta', delta: 'yes' }
    yield { type: 'finished', finish_reason: 'stop', usage: { input_tokens: 1, output_tokens: 1 }, response_id: null }
  })
  const alone = await fixture.startProcess({ createProvider: faltering, limits: { modelAttemptsMax: 4 } })
  const sessionId = await fixture.createSession()
  await alone.engine.acceptMessage(fixture.message(sessionId, 'hello'))
  await expect.poll(() => calls).toBe(1)
  expect(await alone.engine.acceptMessage(fixture.message(sessionId, 'and this', { when_busy: 'steer' }))).toMatchObject({ delivery: 'steered' })
  gate.resolve()
  const events = await fixture.eventsUntil(alone, sessionId, 'session.idled')
  expect(ofType(events, 'turn.completed')).toHaveLength(1)
  expect(ofType(events, 'llm.generation').map((event) => (event.data['metadata'] as { retry?: object }).retry)).toEqual([undefined, 2, 3, undefined, 2, 3, 4].map((attempt) => attempt && { attempt }))
  await alone.stop()
})

test('a provider that is down is left alone by all turns, and tried again later', async () => {
  let calls = 0
  // eslint-disable-next-line require-yield
  const down = speakAs(async function* () {
    calls += 1
    throw new ModelError('server_error', 'down')
  })
  const behind = await fixture.startProcess({ createProvider: down, limits: { modelAttemptsMax: 2, retryAfterMsMax: 1_000 } })
  await Promise.all(Array.from({ length: 30 }, () => run('hello', behind)))
  const callsBefore = calls
  const events = await run('hello', behind)
  expect(calls).toBe(callsBefore)
  expect(ofType(events, 'turn.failed')[0]?.data).toMatchObject({ error_code: 'model_unavailable' })
  const shown = async () => (await listWorkers(fixture.pool)).find(({ id }) => id === behind.engine.worker.id)?.breakers
  await expect.poll(shown).toEqual([{ provider_id: seeded.provider_id, provider_name: 'Simulated', state: 'open', since: expect.any(String) }])
  expect((await listWorkers(fixture.pool)).find(({ id }) => id === process.engine.worker.id)?.breakers).toEqual([])
  await behind.stop()
})

test('a failed turn is posted again once, however often it is asked for, and then stands in no prompt', async () => {
  const { organization_id } = seeded
  const sessionId = await fixture.createSession()
  await process.engine.acceptMessage(fixture.message(sessionId, 'hello'))
  await fixture.eventsUntil(process, sessionId, 'turn.completed')
  const refusing = speakAs(() => { throw new ModelError('invalid_request', 'no') })
  const picky = await fixture.startProcess({ createProvider: refusing })
  const failed = await picky.engine.acceptMessage(fixture.message(sessionId, 'What was that?'))
  if (failed.outcome !== 'stored') throw new Error(failed.outcome)
  await fixture.eventsUntil(picky, sessionId, 'turn.failed')
  await picky.stop()
  const { turn_id } = failed.message
  const answers = await Promise.all(Array.from({ length: 5 }, () => process.engine.retryTurn({ organization_id, turn_id })))
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  expect(answers[0]).toMatchObject({ outcome: 'retried' })
  const events = await fixture.eventsUntil(process, sessionId, 'turn.completed', 2)
  expect(ofType(events, 'input.message')).toHaveLength(3)
  const { rows } = await fixture.pool.query('SELECT excluded_from_prompt FROM turns WHERE session_id = $1 ORDER BY ordinal', [sessionId])
  expect(rows.map((row) => row.excluded_from_prompt)).toEqual([false, true, false])
  expect(await process.engine.retryTurn({ organization_id, turn_id: events.at(-1)!.context.turn_id! })).toEqual({ outcome: 'turn_not_failed' })
})
