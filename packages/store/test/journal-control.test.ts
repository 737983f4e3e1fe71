import { newId } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  beat,
  connectClient,
  newEvent,
  readCallerCalls,
  readEvents,
  readPendingSteers,
  registerWorker,
  seeded,
  type Accept,
  type AcceptResult,
  type Answer,
  type Append,
  type Cancel,
  type CallerCall,
  type Checkpoint,
  type NewMessage,
} from '../src/index.ts'
import { encodeFlush } from '../src/journal/encode-flush.ts'
import type { AppendRow } from '../src/journal/lane.ts'
import { openJournalFixture, type JournalFixture } from './support/journal-fixture.ts'

let fixture: JournalFixture
beforeAll(async () => {
  fixture = await openJournalFixture()
})
afterAll(() => fixture.close())

type Stored = Extract<AcceptResult, { outcome: 'stored' }>

/** A session whose first turn runs. */
async function start(changes: Partial<Accept> = {}): Promise<Accept> {
  const accept = fixture.accept(await fixture.createSession(), changes)
  expect(await fixture.journal.accept(accept)).toMatchObject({ outcome: 'stored', delivery: 'started', epoch: 1 })
  return accept
}

async function post(first: Accept, changes: Partial<Accept>): Promise<Accept & { stored: Stored }> {
  const accept = fixture.accept(first.session_id, changes)
  const stored = await fixture.journal.accept(accept)
  if (stored.outcome !== 'stored') throw new Error(stored.outcome)
  return { ...accept, stored }
}

/** A checkpoint of the session's first turn, under its first lease. */
async function checkpoint(accept: Accept, checkpoint_number: number, changes: Partial<Checkpoint> = {}) {
  return await fixture.journal.checkpoint(fixture.checkpoint(accept, { epoch: 1, checkpoint_number }, changes))
}

async function cancel({ session_id }: Accept, changes: Partial<Cancel> = {}) {
  return await fixture.journal.cancel({ kind: 'cancel', organization_id: seeded.organization_id, session_id, worker_id: null, scope: 'all', turn_id: null, ...changes })
}

/** A turn that waits for its caller to answer two calls. */
async function park(): Promise<Accept> {
  const accept = await start()
  const calls = ['first', 'second'].map((id, position) => ({ id, position, name: 'ask', arguments: {}, effects: 'idempotent' as const, decision: null, closed_by: null, waits: true }))
  expect(await checkpoint(accept, 0, { turn_status: 'parked', opened_calls: calls, deadline_in_ms: 60_000, worker_id: null })).toMatchObject({ settled: true })
  return accept
}

async function readCalls(accept: Accept, ...ids: string[]): Promise<CallerCall[]> {
  return (await readCallerCalls(fixture.pool, seeded.organization_id, accept.session_id, ids))!
}

/** What a caller answers to calls, as it has read them. */
function answer({ session_id }: Accept, calls: readonly CallerCall[], worker_id: string | null = null): Answer {
  const { turn_id, ordinal, input_message_id, epoch, checkpoint_number, awaited_calls, next_place } = calls[0]!
  return {
    kind: 'answer', organization_id: seeded.organization_id, session_id, turn_id, message_id: input_message_id, worker_id, ordinal, epoch, checkpoint_number,
    turn_status: calls.length === awaited_calls ? 'running' : 'parked',
    events: calls.map(({ id, name }) => newEvent('tool.completed', { tool_call_id: id, tool_name: name, success: true, status: 'success', duration_ms: 0 })),
    edge_events: [],
    messages: calls.map(({ id }, index) => toolResult(id, index, next_place + index)),
    changed_calls: calls.map(({ id }) => ({ id, closed_by: 'caller', result_sha256: 'c'.repeat(64) })),
  }
}

function toolResult(callId: string, event_index: number, place: number): NewMessage {
  return {
    id: newId('message'), event_index, place, role: 'tool_result', content_json: JSON.stringify([{ type: 'tool_result', tool_call_id: callId, result: 1 }]),
    controls_json: null, metadata_json: null, tags_json: null, external_actor_json: null, thinking_blocks: null, model_id: null, usage: null,
  }
}

/** Sends an append as one whose reply was lost. */
async function resend(append: Append): Promise<AppendRow> {
  const { rows } = await fixture.pool.query<AppendRow>('SELECT * FROM append_checkpoints($1, $2, $3, $4)', encodeFlush([{ append, resent: true }], true))
  return rows[0]!
}

async function head({ session_id }: Accept) {
  const { rows } = await fixture.pool.query<Record<string, unknown>>(
    'SELECT active_turn_id, active_status, epoch, checkpoint_number, turns_waiting, pending_steers, cancel_requested, last_sequence FROM session_heads WHERE session_id = $1',
    [session_id],
  )
  return rows[0]!
}

async function turns({ session_id }: Accept) {
  const { rows } = await fixture.pool.query<{ id: string; status: string; excluded_from_prompt: boolean }>('SELECT id, status, excluded_from_prompt FROM turns WHERE session_id = $1 ORDER BY ordinal', [session_id])
  return rows
}

async function eventTypes({ session_id }: Accept, turn_id?: string): Promise<string[]> {
  const events = await readEvents(fixture.pool, { organization_id: seeded.organization_id, session_id, limit: 1_000, newest: false, ...(turn_id !== undefined && { turn_id }) })
  return events.map((event) => event.type)
}

async function passDeadline({ session_id }: Accept): Promise<void> {
  await fixture.pool.query("UPDATE turns SET wake_at = clock_timestamp() - interval '1 second' WHERE session_id = $1", [session_id])
}

/** A worker with slots for whatever other tests have left. */
async function startWorker() {
  const client = await connectClient({ connectionString: fixture.connectionString, applicationName: 'test worker' })
  onTestFinished(() => client.end())
  const id = newId('worker')
  await registerWorker(client, { id, hostname: 'test', pid: 1, slots: 8 })
  return { id, beat: () => beat(client, id, 1_000) }
}

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

describe('an append that is sent again answers with what was stored (J4)', () => {
  test('a steer', async () => {
    const accept = await start()
    const { stored, ...steer } = await post(accept, { when_busy: 'steer' })
    await checkpoint(accept, 0, { placed_steers: [{ sequence: stored.first_sequence, place: 1 }] })
    const before = await head(accept)
    expect(await resend(steer)).toMatchObject({ outcome: 'stored_before', delivery: 'steered', turn_id: accept.turn_id, message_id: steer.message_id, first_sequence: stored.first_sequence })
    expect(await head(accept)).toEqual(before)
  })

  test('an interrupt, which jumps the queue once', async () => {
    const accept = await start()
    const { stored, ...first } = await post(accept, { when_busy: 'interrupt' })
    const second = await post(accept, { when_busy: 'interrupt' })
    expect(await resend(first)).toMatchObject({ outcome: 'stored_before', delivery: 'enqueued', first_sequence: stored.first_sequence })
    expect((await turns(accept)).map((turn) => turn.id)).toEqual([accept.turn_id, second.turn_id, first.turn_id])
  })

  test('an answer that woke its turn', async () => {
    const accept = await park()
    const sent = answer(accept, await readCalls(accept, 'first', 'second'), newId('worker'))
    expect(await fixture.journal.answer(sent)).toEqual({ outcome: 'stored', epoch: 2 })
    const before = await head(accept)
    expect(await resend(sent)).toMatchObject({ outcome: 'stored_before', epoch: 2, turn_id: accept.turn_id })
    expect(await head(accept)).toEqual(before)
  })

  test('an answer that another came before was not stored, whatever was stored in its place (J3)', async () => {
    const accept = await park()
    const lost = answer(accept, await readCalls(accept, 'second'))
    expect(await fixture.journal.answer(answer(accept, await readCalls(accept, 'first')))).toMatchObject({ outcome: 'stored' })
    expect(await resend(lost)).toMatchObject({ outcome: 'fenced' })
    const [second] = await readCalls(accept, 'second')
    expect(second).toMatchObject({ closed_by: null, awaited_calls: 1 })
  })

  test('a decision, which brings no message, and is not taken for another of the same words (J3)', async () => {
    const accept = await start()
    const calls = ['first', 'second'].map((id, position) => ({ id, position, name: 'wipe', arguments: {}, effects: 'idempotent' as const, decision: 'required' as const, closed_by: null, waits: true }))
    await checkpoint(accept, 0, { turn_status: 'parked', opened_calls: calls, deadline_in_ms: 60_000, worker_id: null })
    const read = await readCalls(accept, 'first', 'second')
    const decide = (): Answer => ({
      ...answer(accept, read, newId('worker')),
      messages: [],
      events: [newEvent('tool.approval_decided', { approval_id: newId('approval'), approvals: read.map(({ id, name }) => ({ tool_call_id: id, tool_name: name, decision: 'approve' })) })],
      changed_calls: read.map(({ id }) => ({ id, decision: 'approve' })),
    })
    const [first, second] = [decide(), decide()]
    expect(await fixture.journal.answer(first)).toMatchObject({ outcome: 'stored' })
    expect(await resend(first)).toMatchObject({ outcome: 'stored_before' })
    expect(await resend(second)).toMatchObject({ outcome: 'fenced' })
    expect(await readCalls(accept, 'first', 'second')).toMatchObject([1, 2].map(() => ({ decision: 'approve', is_awaited: false, awaited_calls: 0, turn_status: 'running' })))
  })

  test('a late word of the worker that parked its turn, which is no decision that came since', async () => {
    const accept = await start()
    const call = { id: 'first', position: 0, name: 'wipe', arguments: {}, effects: 'idempotent' as const, decision: 'required' as const, closed_by: null, waits: true }
    await checkpoint(accept, 0, { turn_status: 'parked', opened_calls: [call, { ...call, id: 'second', position: 1 }], deadline_in_ms: 60_000, worker_id: null })
    const read = await readCalls(accept, 'first')
    const events = [newEvent('tool.approval_decided', { approval_id: newId('approval'), approvals: [{ tool_call_id: 'first', tool_name: 'wipe', decision: 'approve' as const }] })]
    await fixture.journal.answer({ ...answer(accept, read), messages: [], events, changed_calls: [{ id: 'first', decision: 'approve' }] })
    expect(await resend(fixture.checkpoint(accept, { epoch: read[0]!.epoch, checkpoint_number: read[0]!.checkpoint_number }))).toMatchObject({ outcome: 'fenced' })
  })

  test('a checkpoint that parked its turn', async () => {
    const accept = await start()
    const parking = fixture.checkpoint(accept, { epoch: 1, checkpoint_number: 0 }, { turn_status: 'parked', events: [], worker_id: null })
    expect(await fixture.journal.checkpoint(parking)).toMatchObject({ settled: true, first_sequence: 5 })
    const before = await head(accept)
    expect(await resend(parking)).toMatchObject({ outcome: 'stored_before', settled: true, first_sequence: 5, events_appended: 1 })
    expect(await head(accept)).toEqual(before)
  })

  test('a checkpoint that did not settle its turn, and left no event (J7)', async () => {
    const accept = await start()
    await post(accept, { when_busy: 'steer' })
    const completing = fixture.checkpoint(accept, { epoch: 1, checkpoint_number: 0 }, { turn_status: 'completed', events: [] })
    expect(await fixture.journal.checkpoint(completing)).toMatchObject({ settled: false, pending_steers: 1 })
    const before = await head(accept)
    expect(await resend(completing)).toMatchObject({ outcome: 'stored_before', settled: false, pending_steers: 1 })
    expect(await head(accept)).toEqual(before)
    expect(await checkpoint(accept, 1)).toMatchObject({ outcome: 'stored' })
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

test('a message that posts a failed turn’s again leaves the failed turn out of later prompts', async () => {
  const accept = await start()
  await checkpoint(accept, 0, { turn_status: 'failed', error_code: 'provider_error', error: 'no answer' })
  expect(await turns(accept)).toMatchObject([{ status: 'failed', excluded_from_prompt: false }])
  await post(accept, { retry_of: accept.turn_id })
  expect(await turns(accept)).toMatchObject([{ status: 'failed', excluded_from_prompt: true }, { status: 'running', excluded_from_prompt: false }])
})
