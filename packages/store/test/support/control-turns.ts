import { newId } from '@reprise/contract'
import { expect, onTestFinished } from 'vitest'
import {
  beat, connectClient, newEvent, readCallerCalls, readEvents, registerWorker, seeded,
  type Accept, type AcceptResult, type Answer, type Append, type CallerCall, type Cancel, type Checkpoint, type NewMessage,
} from '../../src/index.ts'
import { encodeFlush } from '../../src/journal/encode-flush.ts'
import type { AppendRow } from '../../src/journal/lane.ts'
import type { JournalFixture } from './journal-fixture.ts'

type Stored = Extract<AcceptResult, { outcome: 'stored' }>

/** What tests of turns under control do with them, on a fixture that is open by the time they do. */
export function controlTurns(getFixture: () => JournalFixture) {
  /** A session whose first turn runs. */
  async function start(changes: Partial<Accept> = {}): Promise<Accept> {
    const accept = getFixture().accept(await getFixture().createSession(), changes)
    expect(await getFixture().journal.accept(accept)).toMatchObject({ outcome: 'stored', delivery: 'started', epoch: 1 })
    return accept
  }

  async function post(first: Accept, changes: Partial<Accept>): Promise<Accept & { stored: Stored }> {
    const accept = getFixture().accept(first.session_id, changes)
    const stored = await getFixture().journal.accept(accept)
    if (stored.outcome !== 'stored') throw new Error(stored.outcome)
    return { ...accept, stored }
  }

  /** A checkpoint of the session's first turn, under its first lease. */
  async function checkpoint(accept: Accept, checkpoint_number: number, changes: Partial<Checkpoint> = {}) {
    return await getFixture().journal.checkpoint(getFixture().checkpoint(accept, { epoch: 1, checkpoint_number }, changes))
  }

  async function cancel({ session_id }: Accept, changes: Partial<Cancel> = {}) {
    return await getFixture().journal.cancel({ kind: 'cancel', organization_id: seeded.organization_id, session_id, worker_id: null, scope: 'all', turn_id: null, ...changes })
  }

  /** A turn that waits for its caller to answer two calls. */
  async function park(): Promise<Accept> {
    const accept = await start()
    const calls = ['first', 'second'].map((id, position) => ({ id, position, name: 'ask', arguments: {}, effects: 'idempotent' as const, decision: null, closed_by: null, waits: true }))
    expect(await checkpoint(accept, 0, { turn_status: 'parked', opened_calls: calls, deadline_in_ms: 60_000, worker_id: null })).toMatchObject({ settled: true })
    return accept
  }

  async function readCalls(accept: Accept, ...ids: string[]): Promise<CallerCall[]> {
    return (await readCallerCalls(getFixture().pool, seeded.organization_id, accept.session_id, ids))!
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
    const { rows } = await getFixture().pool.query<AppendRow>('SELECT * FROM append_checkpoints($1, $2, $3, $4)', encodeFlush([{ append, resent: true }], true))
    return rows[0]!
  }

  async function head({ session_id }: Accept) {
    const { rows } = await getFixture().pool.query<Record<string, unknown>>(
      'SELECT active_turn_id, active_status, epoch, checkpoint_number, turns_waiting, pending_steers, cancel_requested, last_sequence FROM session_heads WHERE session_id = $1',
      [session_id],
    )
    return rows[0]!
  }

  async function turns({ session_id }: Accept) {
    const { rows } = await getFixture().pool.query<{ id: string; status: string; excluded_from_prompt: boolean }>('SELECT id, status, excluded_from_prompt FROM turns WHERE session_id = $1 ORDER BY ordinal', [session_id])
    return rows
  }

  async function eventTypes({ session_id }: Accept, turn_id?: string): Promise<string[]> {
    const events = await readEvents(getFixture().pool, { organization_id: seeded.organization_id, session_id, limit: 1_000, newest: false, ...(turn_id !== undefined && { turn_id }) })
    return events.map((event) => event.type)
  }

  async function passDeadline({ session_id }: Accept): Promise<void> {
    await getFixture().pool.query("UPDATE turns SET wake_at = clock_timestamp() - interval '1 second' WHERE session_id = $1", [session_id])
  }

  /** A worker with slots for whatever other tests have left. */
  async function startWorker() {
    const client = await connectClient({ connectionString: getFixture().connectionString, applicationName: 'test worker' })
    onTestFinished(() => client.end())
    const id = newId('worker')
    await registerWorker(client, { id, hostname: 'test', pid: 1, slots: 8 })
    return { id, beat: () => beat(client, id, 1_000) }
  }

  return { start, post, checkpoint, cancel, park, readCalls, answer, resend, head, turns, eventTypes, passDeadline, startWorker }
}
