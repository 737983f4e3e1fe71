import type { Database } from '../database.ts'
import type { Range } from '../scan/scan-in-slices.ts'

/** The part of a session's log between two moments, both inclusive; null for no bound. */
export async function findTimeRange(db: Database, sessionId: string, fromMs: number | null, toMs: number | null): Promise<Range> {
  const { rows } = await db.query<Range>({
    name: 'find_time_range',
    text: `/* findTimeRange */
SELECT
  CASE WHEN $2::bigint IS NULL THEN 0 ELSE sequence_at($1, $2) - 1 END AS after,
  CASE WHEN $3::bigint IS NULL THEN ${Number.MAX_SAFE_INTEGER} ELSE sequence_at($1, $3 + 1) END AS before`,
    values: [sessionId, fromMs, toMs],
  })
  return rows[0]!
}

/** The part of a session's log that has a turn's events, others among them; null for a turn that is not the session's. */
export async function findTurnRange(db: Database, organizationId: string, sessionId: string, turnId: string): Promise<Range | null> {
  const { rows } = await db.query<Range>({
    name: 'find_turn_range',
    text: `/* findTurnRange */
SELECT input_sequence - 1 AS after,
  CASE WHEN ended_at IS NULL THEN ${Number.MAX_SAFE_INTEGER} ELSE sequence_at($2, round(extract(epoch FROM ended_at) * 1000)::bigint + 1) END AS before
FROM turns WHERE organization_id = $1 AND session_id = $2 AND id = $3`,
    values: [organizationId, sessionId, turnId],
  })
  return rows[0] ?? null
}
