import type { ApprovalDecision, TurnStatus } from '@reprise/contract'
import type { Database } from '../database.ts'
import type { ClosedBy } from '../journal/append.ts'

/** A tool call as whoever may answer or decide it finds it, with what an answer needs to be appended. */
export interface CallerCall {
  turn_id: string
  ordinal: number
  turn_status: TurnStatus
  input_message_id: string
  id: string
  name: string
  closed_by: ClosedBy | null
  result_sha256: string | null
  /** Whether it may run, for a tool that needs approval; null for any other. */
  decision: ApprovalDecision | 'required' | null
  /** The turn is to wait for it: for its decision if that is required, else for its result. */
  is_awaited: boolean
  /** How many calls of its turn are awaited. */
  awaited_calls: number
  /** The next place in the turn's prompt. */
  next_place: number
  /** The fence, from the session's head. */
  epoch: number
  checkpoint_number: number
  /** How many turns its organization may run at once; null: no limit. */
  turns_running_max: number | null
}

/** How many turns back an answer may be repeated. */
const turnsBackMax = 10

/**
 * Finds calls by their ids in the latest turns of a session. Ids repeat from turn to turn: the latest call of an id is
 * meant. Null when the session is not there.
 */
export async function readCallerCalls(db: Database, organizationId: string, sessionId: string, callIds: readonly string[]): Promise<CallerCall[] | null> {
  const { rows } = await db.query<CallerCall | { id: null }>({
    name: 'read_caller_calls',
    text: `/* readCallerCalls */
SELECT DISTINCT ON (c.id)
  t.id AS turn_id, t.ordinal, t.status AS turn_status, t.input_message_id, c.id, c.name, c.closed_by, c.result_sha256,
  c.decision, c.closed_by IS NULL AND c.deadline_at IS NOT NULL AS is_awaited, h.epoch, h.checkpoint_number,
  (SELECT o.turns_running_max FROM organizations o WHERE o.id = h.organization_id) AS turns_running_max,
  (
    SELECT count(*)::integer FROM tool_calls o
    WHERE o.session_id = t.session_id AND o.turn_id = t.id AND o.closed_by IS NULL AND o.deadline_at IS NOT NULL
  ) AS awaited_calls,
  (SELECT max(m.place) + 1 FROM messages m WHERE m.session_id = t.session_id AND m.turn_id = t.id) AS next_place
FROM session_heads h
LEFT JOIN LATERAL (
  -- Turns behind the active one have no calls, whether they wait or were cancelled while they did, and may be many.
  SELECT * FROM turns WHERE turns.session_id = h.session_id AND turns.ordinal <= coalesce((
    SELECT a.ordinal FROM turns a WHERE a.organization_id = h.organization_id AND a.id = h.active_turn_id
  ), h.last_ordinal)
  ORDER BY turns.ordinal DESC LIMIT $4
) t ON true
LEFT JOIN tool_calls c ON c.session_id = t.session_id AND c.turn_id = t.id AND c.id = ANY ($3::text[])
WHERE h.organization_id = $1 AND h.session_id = $2 AND h.deleted_at IS NULL
ORDER BY c.id, t.ordinal DESC`,
    values: [organizationId, sessionId, callIds, turnsBackMax],
  })
  if (rows.length === 0) return null
  return rows.filter((row) => row.id !== null)
}
