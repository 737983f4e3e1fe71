import { setImmediate as nextRound } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openEngineFixture, type EngineFixture } from './support/engine-fixture.ts'
import { speakAs } from './support/speak-as.ts'

let fixture: EngineFixture
beforeAll(async () => {
  fixture = await openEngineFixture()
})
afterAll(() => fixture.close())

const chunks = 400
const delta = 'x'.repeat(1_024)

test('a model that speaks faster than the journal takes waits for it, and nothing of it is lost', async () => {
  let taken = 0
  const process = await fixture.startProcess({
    createProvider: speakAs(async function* () {
      for (; taken < chunks; taken++) {
        yield { type: 'text_delta', delta }
        await nextRound()
      }
      yield { type: 'finished', finish_reason: 'stop', usage: { input_tokens: 1, output_tokens: 1 }, response_id: null }
    }),
  })
  const sessionId = await fixture.createSession()
  const locked = await fixture.pool.connect()
  await process.engine.acceptMessage(fixture.message(sessionId, 'Talk.'))
  try {
    // Nothing can be appended to the session now.
    await locked.query('BEGIN')
    await locked.query('SELECT FROM session_heads WHERE session_id = $1 FOR UPDATE', [sessionId])
    const before = taken
    await expect.poll(() => taken - before, { interval: 5, timeout: 5_000 }).toBeGreaterThanOrEqual(Math.min(32, chunks - before - 1))
    for (let round = 0; round < 2_000; round++) await nextRound()
    // What had gathered before the lock, and as much again.
    expect(taken - before).toBeLessThan(2 * 64 + 8)
  } finally {
    await locked.query('ROLLBACK')
    locked.release()
  }
  const events = await fixture.eventsUntil(process, sessionId, 'turn.completed')
  const told = events.filter(({ type }) => type === 'output.message.delta').map(({ data }) => data['delta'])
  expect(told.join('')).toBe(delta.repeat(chunks))
})
