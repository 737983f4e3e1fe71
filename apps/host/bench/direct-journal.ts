import { newId } from '@reprise/contract'
import { createPool, Definitions, Journal, newEvent, seed, seeded, type Accept, type Checkpoint, type NewMessage } from '@reprise/store'
import { createSessions } from './sessions.ts'

/** Drives the journal as one-tool turns do, without HTTP, model and tools: an upper bound of what they can reach. */
export async function measureDirectJournal(connectionString: string, sessions: number, seconds: number): Promise<number> {
  return await runTurns(connectionString, sessions, (_turn, elapsedMs) => elapsedMs < seconds * 1000)
}

/** Fills a database with the past of so many sessions. */
export async function fillWithTurns(connectionString: string, sessions: number, turnsEach: number): Promise<void> {
  await runTurns(connectionString, sessions, (turn) => turn < turnsEach)
}

/** Runs each session's turns one after the other, for as long as `goesOn` says; gives how many there were a second. */
async function runTurns(connectionString: string, sessions: number, goesOn: (turn: number, elapsedMs: number) => boolean): Promise<number> {
  const pool = createPool({ connectionString, applicationName: 'bench' })
  await seed(pool)
  const definition_sha256 = await new Definitions().keep(pool, seeded.organization_id, {
    agent_id: null, harness_id: seeded.harness_id, system_prompt: null, capabilities: [], tools: [], max_iterations: 20, parallel_tool_calls: true,
  })
  const ids = await createSessions(pool, sessions)
  const journal = new Journal({ connectionString })
  let turns = 0
  const startedAt = performance.now()
  await Promise.all(
    ids.map(async (sessionId) => {
      for (let turn = 0; goesOn(turn, performance.now() - startedAt); turn++) {
        await runTurn(journal, sessionId, definition_sha256)
        turns += 1
      }
    }),
  )
  const rate = turns / ((performance.now() - startedAt) / 1000)
  await journal.stop()
  await pool.end()
  return rate
}

async function runTurn(journal: Journal, session_id: string, definition_sha256: string): Promise<void> {
  const organization_id = seeded.organization_id
  const turn_id = newId('turn')
  const message_id = newId('message')
  const worker_id = 'worker_bench'
  const started = { turn_id, input_message_id: message_id }
  const accept: Accept = {
    kind: 'accept', organization_id, session_id, turn_id, message_id, worker_id, when_busy: 'enqueue', idempotency_key: null,
    body_sha256: 'a'.repeat(64), model_id: seeded.model_id, definition_sha256, reasoning_effort: null, error_disclosure: null,
    retry_of: null, image_ids: [],
    events: [newEvent('input.message', {})],
    edge_events: [newEvent('session.activated', started), newEvent('turn.started', started)],
    messages: [message('user', 0, 0, message_id)],
  }
  const accepted = await journal.accept(accept)
  if (accepted.outcome !== 'stored') throw new Error(accepted.outcome)
  const base = { kind: 'checkpoint' as const, organization_id, session_id, turn_id, message_id, worker_id: null, ordinal: accepted.ordinal, epoch: accepted.epoch, error_code: null, error: null, attempt: null, retry_in_ms: 0, resets_recoveries: false, deadline_in_ms: 0, opened_calls: [], changed_calls: [], placed_steers: [], settle_events: [], edge_events: [] } satisfies Partial<Checkpoint>
  const delta = () => newEvent('output.message.delta', { turn_id, delta: 'It is 42.' })
  const checkpoints: Checkpoint[] = [
    { ...base, checkpoint_number: 0, turn_status: 'running', events: [delta(), newEvent('output.message.completed', {}), delta(), delta(), delta(), delta()], messages: [message('agent', 1, 1)], opened_calls: [{ id: 'call_1', position: 0, name: 'calculator', arguments: { expression: '6*7' }, effects: 'idempotent', decision: null, closed_by: null, waits: false }] },
    { ...base, checkpoint_number: 1, turn_status: 'running', events: [delta(), delta()], messages: [message('tool_result', 0, 2)], changed_calls: [{ id: 'call_1', closed_by: 'tool' }] },
    { ...base, checkpoint_number: 2, turn_status: 'completed', events: [delta(), delta(), newEvent('output.message.completed', {}), delta(), delta(), delta()], settle_events: [delta()], edge_events: [newEvent('session.idled', { turn_id })], messages: [message('agent', 2, 3)] },
  ]
  for (const checkpoint of checkpoints) {
    const result = await journal.checkpoint(checkpoint)
    if (result.outcome !== 'stored') throw new Error(result.outcome)
  }
}

function message(role: NewMessage['role'], event_index: number, place: number, id = newId('message')): NewMessage {
  return {
    id, event_index, place, role, content_json: '[{"type":"text","text":"What is six times seven?"}]', controls_json: null, metadata_json: null,
    tags_json: null, external_actor_json: null, thinking_blocks: null, model_id: null, usage: null,
  }
}
