import type { DeadLetter } from '@reprise/contract'
import type { Database } from '../database.ts'
import type { Page } from './page.ts'
import { isOfSession, shownError } from './shown-turns.ts'

const isDead = `t.organization_id = $1 AND t.status = 'failed' AND ${isOfSession}`

/** The turns that failed for good, the latest first. */
export async function listDeadLetters(db: Database, organizationId: string, { offset, limit }: Page): Promise<DeadLetter[]> {
  const { rows } = await db.query<DeadLetter>({
    name: 'list_dead_letters',
    text: `/* listDeadLetters */
SELECT t.id, t.session_id, t.input_message_id, t.model_id, t.error_code, ${shownError}, t.attempt AS attempts, t.recoveries,
  (SELECT r.id FROM turns r WHERE r.session_id = t.session_id AND r.retry_of = t.id ORDER BY r.ordinal DESC LIMIT 1) AS retried_as,
  t.created_at, t.ended_at AS failed_at
FROM turns t WHERE ${isDead}
ORDER BY t.ended_at DESC, t.id DESC OFFSET $2::bigint LIMIT $3`,
    values: [organizationId, offset, limit],
  })
  return rows
}

export async function countDeadLetters(db: Database, organizationId: string): Promise<number> {
  const { rows } = await db.query<{ total: number }>({
    name: 'count_dead_letters',
    text: `/* countDeadLetters */ SELECT count(*) AS total FROM turns t WHERE ${isDead}`,
    values: [organizationId],
  })
  return rows[0]!.total
}
