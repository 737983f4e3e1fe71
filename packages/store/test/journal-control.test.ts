import { newId } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newEvent, readPendingSteers } from '../src/index.ts'
import { controlTurns } from './support/control-turns.ts'
import { openJournalFixture, type JournalFixture } from './support/journal-fixture.ts'

let fixture: JournalFixture
beforeAll(async () => {
  fixture = await openJournalFixture()
})
afterAll(() => fixture.close())

const { start, post, checkpoint, cancel, park, head, turns, eventTypes } = controlTurns(() => fixture)

describe('a steer', () => {
  test('joins the running turn, and gets its place from the checkpoint that takes it in', async () => {
    const accept = await start()
    const { stored } = await post(accept, { when_busy: 'steer' })
    expect(stored).toMatchObject({ delivery: 'steered', turn_id: accept.turn_id, touched_turn_id: accept.turn_id, woken: false })
    expect(await head(accept)).toMatchObject({ pending_steers: 1, turns_waiting: 0, epoch: 1 })
    const [steer] = await readPendingSteers(fixture.pool, accept.session_id, accept.turn_id)
    expect(steer).toMatchObject({ place: null, sequence: stored.first_sequence })
    expect(await checkpoint(accept, 0, { placed_steers: [{ sequence: steer!.sequence, place: 1 }] })).toMatchObject({ pending_steers: 0 })
    expect(await readPendingSteers(fixture.pool, accept.session_id, accept.turn_id)).toEqual([])
    const { rows } = await fixture.pool.query('SELECT id, place FROM messages WHERE session_id = $1 ORDER BY place', [accept.session_id])
    expect(rows).toEqual([{ id: accept.message_id, place: 0 }, { id: stored.message_id, place: 1 }])
  })

  test('keeps its turn from completing: what the turn did is stored, its end is not (J7)', async () => {
    const accept = await start()
    const { stored } = await post(accept, { when_busy: 'steer' })
    const settle_events = [newEvent('turn.cancelled', { turn_id: accept.turn_id })]
    expect(await checkpoint(accept, 0, { turn_status: 'completed', settle_events })).toMatchObject({ outcome: 'stored', settled: false, pending_steers: 1 })
    expect(await head(accept)).toMatchObject({ active_turn_id: accept.turn_id, active_status: 'running', checkpoint_number: 1 })
    expect((await eventTypes(accept)).slice(-2)).toEqual(['input.message', 'output.message.delta'])
    const placed_steers = [{ sequence: stored.first_sequence, place: 1 }]
    expect(await checkpoint(accept, 1, { turn_status: 'completed', placed_steers, settle_events })).toMatchObject({ settled: true })
    expect(await head(accept)).toMatchObject({ active_turn_id: null, pending_steers: 0 })
  })

  test('keeps its turn from parking, not from failing (J7)', async () => {
    const [parking, failing] = [await start(), await start()]
    for (const accept of [parking, failing]) await post(accept, { when_busy: 'steer' })
    expect(await checkpoint(parking, 0, { turn_status: 'parked' })).toMatchObject({ settled: false })
    expect(await checkpoint(failing, 0, { turn_status: 'failed', error_code: 'internal_error' })).toMatchObject({ settled: true })
    expect(await head(failing)).toMatchObject({ active_turn_id: null, pending_steers: 0 })
  })

  test('waits its turn when the running one is about to end', async () => {
    const accept = await start()
    await cancel(accept, { scope: 'running' })
    expect((await post(accept, { when_busy: 'steer' })).stored).toMatchObject({ delivery: 'enqueued', touched_turn_id: null })
  })

  test('is refused behind 100 others that wait for their places', async () => {
    const accept = await start()
    for (let steer = 0; steer < 100; steer++) await post(accept, { when_busy: 'steer' })
    expect(await fixture.journal.accept(fixture.accept(accept.session_id, { when_busy: 'steer' }))).toEqual({ outcome: 'queue_full' })
    expect(await head(accept)).toMatchObject({ pending_steers: 100 })
  })
})

describe('an interrupt', () => {
  test('goes before those that wait, and asks the running turn to end', async () => {
    const accept = await start()
    const [waiting, behind] = [await post(accept, {}), await post(accept, {})]
    const interrupt = await post(accept, { when_busy: 'interrupt' })
    expect(interrupt.stored).toMatchObject({ delivery: 'enqueued', touched_turn_id: accept.turn_id, woken: false })
    expect(await head(accept)).toMatchObject({ active_turn_id: accept.turn_id, cancel_requested: 'interrupt', turns_waiting: 3, epoch: 1 })
    expect((await turns(accept)).map((turn) => turn.id)).toEqual([accept.turn_id, interrupt.turn_id, waiting.turn_id, behind.turn_id])
    // The owner learns it from its next checkpoint, and cannot complete over it (J7).
    expect(await checkpoint(accept, 0, { turn_status: 'completed' })).toMatchObject({ settled: false, cancel_requested: 'interrupt' })
    expect(await checkpoint(accept, 1, { turn_status: 'failed', error_code: 'internal_error' })).toMatchObject({ settled: false })
    expect(await checkpoint(accept, 2, { turn_status: 'cancelled' })).toMatchObject({ settled: true, next_turn_id: interrupt.turn_id, cancel_requested: null })
    expect(await head(accept)).toMatchObject({ active_turn_id: interrupt.turn_id, cancel_requested: null, turns_waiting: 2 })
  })

  test('that comes later goes first', async () => {
    const accept = await start()
    const one = await post(accept, { when_busy: 'interrupt' })
    const other = await post(accept, { when_busy: 'interrupt' })
    expect((await turns(accept)).map((turn) => turn.id)).toEqual([accept.turn_id, other.turn_id, one.turn_id])
  })

  test('wakes a parked turn to be ended by whoever interrupted (J8)', async () => {
    const accept = await park()
    const worker_id = newId('worker')
    const interrupt = await post(accept, { when_busy: 'interrupt', worker_id })
    expect(interrupt.stored).toMatchObject({ delivery: 'enqueued', touched_turn_id: accept.turn_id, woken: true, epoch: 2 })
    expect(await head(accept)).toMatchObject({ active_turn_id: accept.turn_id, active_status: 'running', epoch: 2, cancel_requested: 'interrupt' })
    const end = fixture.checkpoint(accept, { epoch: 2, checkpoint_number: 1 }, { turn_status: 'cancelled', worker_id })
    expect(await fixture.journal.checkpoint(end)).toMatchObject({ settled: true, next_turn_id: interrupt.turn_id })
  })
})

test('a rollback leaves the turn that it ends out of later prompts, also when it had been asked to end before', async () => {
  const accept = await start()
  await cancel(accept, { scope: 'running' })
  await post(accept, { when_busy: 'rollback' })
  expect(await head(accept)).toMatchObject({ cancel_requested: 'rollback' })
  await post(accept, { when_busy: 'interrupt' })
  expect(await checkpoint(accept, 0, { turn_status: 'cancelled' })).toMatchObject({ settled: true })
  expect(await turns(accept)).toMatchObject([
    { id: accept.turn_id, status: 'cancelled', excluded_from_prompt: true },
    { status: 'running', excluded_from_prompt: false },
    { status: 'waiting', excluded_from_prompt: false },
  ])
})

test('a message that refuses to wait is refused by a running and by a parked turn, and changes nothing', async () => {
  for (const accept of [await start(), await park()]) {
    const before = await head(accept)
    expect(await fixture.journal.accept(fixture.accept(accept.session_id, { when_busy: 'reject' }))).toEqual({ outcome: 'busy' })
    expect(await head(accept)).toEqual(before)
  }
})

describe('a cancel', () => {
  test('ends those that wait, with one event each, and asks the running turn to end', async () => {
    const accept = await start()
    const waiting = [await post(accept, {}), await post(accept, {})]
    const before = await head(accept)
    expect(await cancel(accept)).toMatchObject({ outcome: 'stored', touched_turn_id: accept.turn_id, woken: false })
    expect(await head(accept)).toMatchObject({ turns_waiting: 0, cancel_requested: 'cancel', last_sequence: (before['last_sequence'] as number) + 2 }) // a bigint, read as a number
    for (const { turn_id } of waiting) expect(await eventTypes(accept, turn_id)).toEqual(['input.message', 'turn.cancelled'])
    expect(await turns(accept)).toMatchObject([{ status: 'running' }, { status: 'cancelled' }, { status: 'cancelled' }])
    expect(await checkpoint(accept, 0, { turn_status: 'cancelled' })).toMatchObject({ settled: true, next_turn_id: null })
    expect((await eventTypes(accept)).at(-1)).toBe('session.idled')
  })

  test('of the running turn leaves those that wait', async () => {
    const accept = await start()
    const waiting = await post(accept, {})
    await cancel(accept, { scope: 'running' })
    expect(await checkpoint(accept, 0, { turn_status: 'cancelled' })).toMatchObject({ next_turn_id: waiting.turn_id })
  })

  test('of one turn that waits leaves the others as they are', async () => {
    const accept = await start()
    const [first, second] = [await post(accept, {}), await post(accept, {})]
    expect(await cancel(accept, { scope: 'turn', turn_id: first.turn_id })).toMatchObject({ outcome: 'stored', touched_turn_id: null })
    expect(await head(accept)).toMatchObject({ turns_waiting: 1, cancel_requested: null })
    expect(await checkpoint(accept, 0, { turn_status: 'completed' })).toMatchObject({ settled: true, next_turn_id: second.turn_id })
  })

  test('of an idle session, or of a turn that has ended, does nothing', async () => {
    const accept = await start()
    await checkpoint(accept, 0, { turn_status: 'completed' })
    const before = await head(accept)
    expect(await cancel(accept)).toEqual({ outcome: 'no_op' })
    expect(await cancel(accept, { scope: 'turn', turn_id: accept.turn_id })).toEqual({ outcome: 'no_op' })
    expect(await head(accept)).toEqual(before)
  })

  test('of a turn that nobody holds makes it the canceller’s to end (J8)', async () => {
    const accept = await start({ worker_id: null })
    const worker_id = newId('worker')
    expect(await cancel(accept, { worker_id })).toMatchObject({ touched_turn_id: accept.turn_id, woken: true, epoch: 2 })
    const end = fixture.checkpoint(accept, { epoch: 2, checkpoint_number: 0 }, { turn_status: 'cancelled' })
    expect(await fixture.journal.checkpoint(end)).toMatchObject({ settled: true })
  })
})

test('a message that posts a failed turn’s again leaves the failed turn out of later prompts', async () => {
  const accept = await start()
  await checkpoint(accept, 0, { turn_status: 'failed', error_code: 'provider_error', error: 'no answer' })
  expect(await turns(accept)).toMatchObject([{ status: 'failed', excluded_from_prompt: false }])
  await post(accept, { retry_of: accept.turn_id })
  expect(await turns(accept)).toMatchObject([{ status: 'failed', excluded_from_prompt: true }, { status: 'running', excluded_from_prompt: false }])
})
