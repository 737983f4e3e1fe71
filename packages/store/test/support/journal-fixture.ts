import { newId } from '@reprise/contract'
import type pg from 'pg'
import { createTestDatabase } from '../../../../test/database.ts'
import { createPool, Definitions, insertSession, Journal, makeSeededSession, newEvent, seed, seeded, type Accept, type Checkpoint, type JournalOptions } from '../../src/index.ts'

export interface JournalFixture {
  connectionString: string
  pool: pg.Pool
  journal: Journal
  /** A journal of another process, as far as the database can tell. */
  openJournal(options?: Partial<JournalOptions>): Journal
  createSession(): Promise<string>
  accept(sessionId: string, changes?: Partial<Accept>): Accept
  /** A checkpoint of the turn that an accept started. */
  checkpoint(accept: Accept, at: { epoch: number; ordinal?: number; checkpoint_number: number }, changes?: Partial<Checkpoint>): Checkpoint
  close(): Promise<void>
}

/** A seeded database with a journal on it, and the appends that tests are made of. */
export async function openJournalFixture(): Promise<JournalFixture> {
  const database = await createTestDatabase()
  const { connectionString } = database
  const pool = createPool({ connectionString, applicationName: 'test' })
  await seed(pool)
  const definition_sha256 = await new Definitions().keep(pool, seeded.organization_id, {
    agent_id: null,
    harness_id: seeded.harness_id,
    system_prompt: null,
    capabilities: [],
    tools: [],
    max_iterations: 10,
    parallel_tool_calls: true,
  })
  const journals: Journal[] = []
  const openJournal = (options: Partial<JournalOptions> = {}) => {
    const journal = new Journal({ connectionString, ...options })
    journals.push(journal)
    return journal
  }
  const organization_id = seeded.organization_id
  return {
    connectionString,
    pool,
    journal: openJournal(),
    openJournal,
    async createSession() {
      return (await insertSession(pool, makeSeededSession({ agent_id: null }))).id
    },
    accept(session_id, changes = {}) {
      const message_id = newId('message')
      const turn_id = newId('turn')
      return {
        kind: 'accept',
        organization_id,
        session_id,
        turn_id,
        message_id,
        worker_id: newId('worker'),
        when_busy: 'enqueue',
        idempotency_key: null,
        body_sha256: 'a'.repeat(64),
        model_id: seeded.model_id,
        definition_sha256,
        reasoning_effort: null,
        error_disclosure: null,
        retry_of: null,
        image_ids: [],
        events: [newEvent('input.message', {})],
        edge_events: [newEvent('session.activated', { turn_id, input_message_id: message_id }), newEvent('turn.started', { turn_id, input_message_id: message_id })],
        messages: [
          {
            id: message_id,
            event_index: 0,
            place: 0,
            role: 'user',
            content_json: '[{"type":"text","text":"hello"}]',
            controls_json: null,
            metadata_json: null,
            tags_json: null,
            external_actor_json: null,
            thinking_blocks: null,
            model_id: null,
            usage: null,
          },
        ],
        ...changes,
      }
    },
    checkpoint({ session_id, turn_id, message_id, worker_id }, at, changes = {}) {
      return {
        kind: 'checkpoint',
        organization_id,
        session_id,
        turn_id,
        message_id,
        worker_id,
        ordinal: 1,
        ...at,
        turn_status: 'running',
        error_code: null,
        error: null,
        attempt: null,
        retry_in_ms: 0,
        resets_recoveries: false,
        deadline_in_ms: 0,
        opened_calls: [],
        changed_calls: [],
        placed_steers: [],
        settle_events: changes.turn_status && changes.turn_status !== 'running' ? [newEvent('turn.cancelled', { turn_id })] : [],
        events: [newEvent('output.message.delta', { turn_id, delta: 'x' })],
        edge_events: [newEvent('session.idled', { turn_id })],
        messages: [],
        ...changes,
      }
    },
    async close() {
      await Promise.all(journals.map((journal) => journal.stop()))
      await pool.end()
      await database.drop()
    },
  }
}
