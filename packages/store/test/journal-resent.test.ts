import { newId } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newEvent, type Answer } from '../src/index.ts'
import { controlTurns } from './support/control-turns.ts'
import { openJournalFixture, type JournalFixture } from './support/journal-fixture.ts'

let fixture: JournalFixture
beforeAll(async () => {
  fixture = await openJournalFixture()
})
afterAll(() => fixture.close())

const { start, post, checkpoint, park, readCalls, answer, resend, head, turns } = controlTurns(() => fixture)

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
