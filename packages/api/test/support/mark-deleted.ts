import type pg from 'pg'

/** What deleting commits first: from here on nobody finds the session. */
export async function markDeleted(pool: pg.Pool, sessionId: string): Promise<void> {
  await pool.query('UPDATE session_heads SET deleted_at = now() WHERE session_id = $1', [sessionId])
}
