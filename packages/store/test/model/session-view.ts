import type { Database } from '../../src/index.ts'

/** All that the journal's tables hold of one session, as the model would have it: see `SessionModel.view`. */
export interface SessionView {
  head: HeadView
  turns: TurnView[]
  messages: MessageView[]
  calls: CallView[]
  journal: JournalView[]
}

interface HeadView {
  last_sequence: number
  last_ordinal: number
  active_turn_id: string | null
  active_status: string | null
  epoch: number
  checkpoint_number: number
  turns_waiting: number
  pending_steers: number
  cancel_requested: string | null
}

export interface TurnView {
  id: string
  ordinal: number
  status: string
  worker_id: string | null
  recoveries: number
  attempt: number
  input_message_id: string
  input_sequence: number
  is_excluded: boolean
  error_code: string | null
  retry_of: string | null
  wakes: boolean
  has_ended: boolean
}

export interface MessageView {
  sequence: number
  id: string
  turn_id: string
  place: number | null
  role: string
  /** The call that a tool's result answers. */
  call_id: string | null
}

interface CallView {
  turn_id: string
  id: string
  attempt: number
  closed_by: string | null
  decision: string | null
  has_deadline: boolean
}

export interface JournalView {
  first_sequence: number
  last_sequence: number
  turn_id: string | null
  message_id: string | null
  epoch: number | null
  checkpoint_number: number | null
  edge: boolean
  settled: boolean
  delivery: string | null
  event_types: string
}

export interface ReadSession {
  view: SessionView
  last_event_ms: number
  /** Of every journal row. */
  event_ms: number[]
}

const statement = `/* readSessionViews */
SELECT h.session_id, h.last_event_ms,
  (SELECT json_agg(j.event_ms ORDER BY j.last_sequence) FROM journal j WHERE j.session_id = h.session_id) AS event_ms,
  json_build_object(
    'head', json_build_object(
      'last_sequence', h.last_sequence, 'last_ordinal', h.last_ordinal, 'active_turn_id', h.active_turn_id, 'active_status', h.active_status,
      'epoch', h.epoch, 'checkpoint_number', h.checkpoint_number, 'turns_waiting', h.turns_waiting, 'pending_steers', h.pending_steers,
      'cancel_requested', h.cancel_requested
    ),
    'turns', (SELECT coalesce(json_agg(json_build_object(
      'id', t.id, 'ordinal', t.ordinal, 'status', t.status, 'worker_id', t.worker_id, 'recoveries', t.recoveries, 'attempt', t.attempt,
      'input_message_id', t.input_message_id, 'input_sequence', t.input_sequence, 'is_excluded', t.excluded_from_prompt,
      'error_code', t.error_code, 'retry_of', t.retry_of, 'wakes', t.wake_at IS NOT NULL, 'has_ended', t.ended_at IS NOT NULL
    ) ORDER BY t.ordinal), '[]') FROM turns t WHERE t.session_id = h.session_id),
    'messages', (SELECT coalesce(json_agg(json_build_object(
      'sequence', m.sequence, 'id', m.id, 'turn_id', m.turn_id, 'place', m.place, 'role', m.role, 'call_id', m.content->0->>'tool_call_id'
    ) ORDER BY m.sequence), '[]') FROM messages m WHERE m.session_id = h.session_id),
    'calls', (SELECT coalesce(json_agg(json_build_object(
      'turn_id', c.turn_id, 'id', c.id, 'attempt', c.attempt, 'closed_by', c.closed_by, 'decision', c.decision, 'has_deadline', c.deadline_at IS NOT NULL
    ) ORDER BY c.turn_id, c.id), '[]') FROM tool_calls c WHERE c.session_id = h.session_id),
    'journal', (SELECT json_agg(json_build_object(
      'first_sequence', j.first_sequence, 'last_sequence', j.last_sequence, 'turn_id', j.turn_id, 'message_id', j.input_message_id,
      'epoch', j.epoch, 'checkpoint_number', j.checkpoint_number, 'edge', j.edge, 'settled', j.settled, 'delivery', j.delivery,
      'event_types', (SELECT string_agg(e.event->>'type', ' ' ORDER BY e.position) FROM json_array_elements(j.events) WITH ORDINALITY AS e(event, position))
    ) ORDER BY j.last_sequence) FROM journal j WHERE j.session_id = h.session_id)
  ) AS view
FROM session_heads h WHERE h.session_id = ANY ($1::text[])`

/** Reads whole sessions, in one statement and so as of one moment. */
export async function readSessionViews(db: Database, sessionIds: readonly string[]): Promise<Map<string, ReadSession>> {
  const { rows } = await db.query<ReadSession & { session_id: string }>({ name: 'read_session_views', text: statement, values: [sessionIds] })
  return new Map(rows.map((row) => [row.session_id, row]))
}
