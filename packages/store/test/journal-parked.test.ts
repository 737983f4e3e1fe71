import { newId } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { controlTurns } from './support/control-turns.ts'
import { openJournalFixture, type JournalFixture } from './support/journal-fixture.ts'

let fixture: JournalFixture
beforeAll(async () => {
  fixture = await openJournalFixture()
})
afterAll(() => fixture.close())

const { start, post, checkpoint, cancel, park, readCalls, answer, head, turns, passDeadline, startWorker } = controlTurns(() => fixture)

describe('a parked turn', () => {
  test('has no owner: who parked it writes nothing more (J8)', async () => {
    const accept = await park()
    const before = await head(accept)
    expect(before).toMatchObject({ active_status: 'parked', epoch: 1, checkpoint_number: 1 })
    expect(await checkpoint(accept, 1)).toEqual({ outcome: 'fenced' })
    expect(await head(accept)).toEqual(before)
  })

  test('stays parked while a call is open, and is woken by the last answer (J8)', async () => {
    const accept = await park()
    expect(await fixture.journal.answer(answer(accept, await readCalls(accept, 'first')))).toMatchObject({ outcome: 'stored' })
    expect(await head(accept)).toMatchObject({ active_status: 'parked', epoch: 1, checkpoint_number: 2 })
    const worker_id = newId('worker')
    expect(await fixture.journal.answer(answer(accept, await readCalls(accept, 'second'), worker_id))).toEqual({ outcome: 'stored', epoch: 2 })
    expect(await head(accept)).toMatchObject({ active_status: 'running', epoch: 2, checkpoint_number: 3 })
    const next = fixture.checkpoint(accept, { epoch: 2, checkpoint_number: 3 }, { turn_status: 'completed' })
    expect(await fixture.journal.checkpoint(next)).toMatchObject({ settled: true })
  })

  test('takes the first of two answers; the other finds the turn moved on and changes nothing (J3)', async () => {
    const accept = await park()
    const calls = await readCalls(accept, 'first', 'second')
    const elsewhere = fixture.openJournal()
    const results = await Promise.all([fixture.journal.answer(answer(accept, calls)), elsewhere.answer(answer(accept, calls))])
    expect(results.map((result) => result.outcome).sort()).toEqual(['fenced', 'stored'])
    const { rows } = await fixture.pool.query("SELECT count(*)::integer AS results FROM messages WHERE session_id = $1 AND role = 'tool_result'", [accept.session_id])
    expect(rows).toEqual([{ results: 2 }])
  })

  test.for(['enqueue', 'steer'] as const)('is resumed by a message: %s', async (when_busy) => {
    const accept = await park()
    const message = await post(accept, { when_busy, worker_id: newId('worker') })
    expect(message.stored).toMatchObject({ delivery: 'resumed', turn_id: accept.turn_id, touched_turn_id: accept.turn_id, woken: true, epoch: 2 })
    expect(await head(accept)).toMatchObject({ active_turn_id: accept.turn_id, active_status: 'running', pending_steers: 1, turns_waiting: 0 })
    expect(await turns(accept)).toHaveLength(1)
  })

  test.for(['answer', 'deadline', 'cancel'] as const)('goes to the first of answer, deadline and cancel: here the %s', async (first) => {
    const accept = await park()
    const worker = await startWorker()
    const stale = answer(accept, await readCalls(accept, 'first', 'second'))
    await passDeadline(accept)
    const come = {
      answer: async () => (await fixture.journal.answer(stale)).outcome === 'stored',
      deadline: async () => (await worker.beat()).held.some((turn) => turn.turn_id === accept.turn_id && turn.claimed && turn.cancel_requested === null),
      cancel: async () => (await cancel(accept, { worker_id: worker.id })).outcome === 'stored',
    }
    expect(await come[first]()).toBe(true)
    expect(await head(accept)).toMatchObject({ epoch: 2 })
    if (first !== 'answer') expect(await come.answer()).toBe(false)
    if (first === 'cancel') expect(await come.deadline()).toBe(false)
    const { rows } = await fixture.pool.query('SELECT wake_at FROM turns WHERE id = $1', [accept.turn_id])
    expect(rows).toEqual([{ wake_at: null }])
  })
})

test('a call that waits for its caller is found however many turns wait behind its own', async () => {
  const accept = await start()
  for (let waiting = 0; waiting < 10; waiting++) await post(accept, {})
  const call = { id: 'call', position: 0, name: 'ask', arguments: {}, effects: 'idempotent' as const, decision: null, closed_by: null, waits: true }
  await checkpoint(accept, 0, { turn_status: 'parked', opened_calls: [call], deadline_in_ms: 60_000 })
  expect(await readCalls(accept, 'call')).toMatchObject([{ id: 'call', turn_id: accept.turn_id }])
})

test('a call that waits for its caller is found however many turns were cancelled while they waited behind its own', async () => {
  const accept = await start()
  const waiting = []
  for (let turn = 0; turn < 10; turn++) waiting.push(await post(accept, {}))
  for (const { turn_id } of waiting) expect(await cancel(accept, { scope: 'turn', turn_id })).toMatchObject({ outcome: 'stored' })
  const call = { id: 'call', position: 0, name: 'ask', arguments: {}, effects: 'idempotent' as const, decision: null, closed_by: null, waits: true }
  await checkpoint(accept, 0, { turn_status: 'parked', opened_calls: [call], deadline_in_ms: 60_000 })
  expect(await head(accept)).toMatchObject({ turns_waiting: 0, active_status: 'parked' })
  expect(await readCalls(accept, 'call')).toMatchObject([{ id: 'call', turn_id: accept.turn_id }])
})
