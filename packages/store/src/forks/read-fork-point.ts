import type { Database } from '../database.ts'

/** Where a session is cut, and what that says of its turns. */
export interface ForkPoint {
  last_sequence: number
  at_sequence: number
  /** The turn that was under way then; null when there was none. */
  cut_ordinal: number | null
  /** Turns whose messages had come and that had not begun. */
  waiting_ordinals: number[]
}

/**
 * Turns run one after the other, in the order of their ordinals. So the last word of any turn before the point says that
 * all turns before that one had ended, and only from there on does each have to be looked at. A turn had ended if its last
 * event says so; where events are there no more, or never were (a fork's past has none), if it said nothing afterwards.
 * Null when the session is not there.
 */
export async function readForkPoint(db: Database, organizationId: string, sessionId: string, atSequence: number | null): Promise<ForkPoint | null> {
  const { rows } = await db.query<ForkPoint>({
    name: 'read_fork_point',
    text: `/* readForkPoint */
WITH source AS MATERIALIZED (
  SELECT h.organization_id, h.session_id, h.last_sequence, point.at_sequence, row_of_point.last_sequence AS row_sequence
  FROM session_heads h
  CROSS JOIN LATERAL (SELECT coalesce($3::bigint, h.last_sequence) AS at_sequence) point
  LEFT JOIN LATERAL (
    SELECT j.last_sequence FROM journal j
    WHERE j.session_id = h.session_id AND j.last_sequence >= point.at_sequence ORDER BY j.last_sequence LIMIT 1
  ) row_of_point ON true
  WHERE h.organization_id = $1 AND h.session_id = $2 AND h.deleted_at IS NULL
),
last_word AS MATERIALIZED (
  SELECT m.sequence, t.ordinal
  FROM source s
  CROSS JOIN LATERAL (
    SELECT m.sequence, m.turn_id FROM messages m
    WHERE m.session_id = s.session_id AND m.sequence <= s.at_sequence AND m.role <> 'user' ORDER BY m.sequence DESC LIMIT 1
  ) m
  JOIN turns t ON t.organization_id = s.organization_id AND t.id = m.turn_id
),
looked_at AS (
  SELECT t.ordinal, t.status IN ('completed', 'failed', 'cancelled') AND CASE
    WHEN input.has_event THEN EXISTS (
      SELECT FROM journal j CROSS JOIN LATERAL json_array_elements(j.events) WITH ORDINALITY AS e(event, position)
      WHERE j.session_id = s.session_id AND j.turn_id = t.id
        AND j.last_sequence > coalesce((SELECT sequence FROM last_word), 0) AND j.last_sequence <= coalesce(s.row_sequence, s.at_sequence)
        AND j.first_sequence + e.position - 1 <= s.at_sequence
        AND e.event->>'type' IN ('turn.completed', 'turn.failed', 'turn.cancelled')
    )
    ELSE NOT EXISTS (SELECT FROM messages m WHERE m.session_id = t.session_id AND m.turn_id = t.id AND m.sequence > s.at_sequence)
  END AS had_ended
  FROM source s
  JOIN turns t ON t.session_id = s.session_id AND t.ordinal >= coalesce((SELECT ordinal FROM last_word), 0) AND t.input_sequence <= s.at_sequence
  CROSS JOIN LATERAL (
    SELECT coalesce((
      SELECT j.first_sequence <= t.input_sequence FROM journal j
      WHERE j.session_id = t.session_id AND j.last_sequence >= t.input_sequence ORDER BY j.last_sequence LIMIT 1
    ), false) AS has_event
  ) input
),
unended AS (SELECT array_agg(ordinal ORDER BY ordinal) AS ordinals FROM looked_at WHERE NOT had_ended)
SELECT s.last_sequence, s.at_sequence, u.ordinals[1] AS cut_ordinal, coalesce(u.ordinals[2:], '{}') AS waiting_ordinals
FROM source s, unended u`,
    values: [organizationId, sessionId, atSequence],
  })
  return rows[0] ?? null
}
