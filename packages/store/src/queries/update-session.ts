import type { Session } from '@reprise/contract'
import type { Database } from '../database.ts'
import { sessionColumns, sessionStatus, sessionUsed, showSession, type SessionRow } from './session-record.ts'

/** What of a session may be another from now on. */
export type SessionChanges = Partial<
  Pick<Session, 'title' | 'locale' | 'model_id' | 'tags' | 'capabilities' | 'tools' | 'system_prompt' | 'max_iterations' | 'parallel_tool_calls' | 'hints' | 'when_busy'>
>

/** Changes what is given and leaves the rest. Null when the session is not there. */
export async function updateSession(db: Database, organizationId: string, sessionId: string, changes: SessionChanges): Promise<Session | null> {
  const { rows } = await db.query<SessionRow>({
    name: 'update_session',
    text: `/* updateSession */
UPDATE sessions s SET (
  title, locale, model_id, tags, capabilities, tools, system_prompt, max_iterations, parallel_tool_calls, hints, when_busy
) = (
  SELECT c.title, c.locale, c.model_id, c.tags, c.capabilities, c.tools, c.system_prompt, c.max_iterations, c.parallel_tool_calls,
    c.hints, c.when_busy
  FROM json_populate_record(s, $3::json) c
),
-- It always moves, so that whoever compares it sees that there was a change.
updated_at = greatest(clock_timestamp(), s.updated_at + interval '1 millisecond')
FROM session_heads h
WHERE s.organization_id = $1 AND s.id = $2 AND h.session_id = s.id AND h.deleted_at IS NULL
RETURNING ${sessionColumns}, ${sessionStatus} AS status, ${sessionUsed} AS used`,
    values: [organizationId, sessionId, JSON.stringify(changes)],
  })
  return rows[0] ? showSession(rows[0]) : null
}

/** False when the session is not there. What is pinned already stays pinned since then. */
export async function pinSession(db: Database, organizationId: string, sessionId: string, isPinned: boolean): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'pin_session',
    text: `/* pinSession */
UPDATE sessions s SET pinned_at = CASE WHEN $3 THEN coalesce(s.pinned_at, clock_timestamp()) END
FROM session_heads h
WHERE s.organization_id = $1 AND s.id = $2 AND h.session_id = s.id AND h.deleted_at IS NULL`,
    values: [organizationId, sessionId, isPinned],
  })
  return rowCount === 1
}
