import type { SessionStatus } from '@reprise/contract'
import type { Database } from '../database.ts'
import { sessionStatus } from './session-record.ts'

/** How many sessions of an organization are in each status; those that none is in are not there. Looks at all of its heads. */
export async function countSessionsByStatus(db: Database, organizationId: string): Promise<Map<SessionStatus, number>> {
  const { rows } = await db.query<{ status: SessionStatus; sessions: number }>({
    text: `/* countSessionsByStatus */
SELECT ${sessionStatus} AS status, count(*) AS sessions
FROM sessions s JOIN session_heads h ON h.session_id = s.id
WHERE s.organization_id = $1 AND h.deleted_at IS NULL
GROUP BY 1`,
    values: [organizationId],
  })
  return new Map(rows.map(({ status, sessions }) => [status, sessions]))
}
