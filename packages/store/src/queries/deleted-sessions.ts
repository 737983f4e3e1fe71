import type { Database, Transaction } from '../database.ts'

/** Deletes a session for everybody, with its commit; false when it is not there. See migrations/0016. Its content is to be erased after. */
export async function deleteSession(transaction: Transaction, organizationId: string, sessionId: string): Promise<boolean> {
  const { rows } = await transaction.query<{ deleted: boolean }>({
    name: 'delete_session',
    text: '/* deleteSession */ SELECT delete_session($1, $2) AS deleted',
    values: [organizationId, sessionId],
  })
  return rows[0]!.deleted
}

/** Deleted sessions that still have something stored, the longest deleted first. */
export async function listDeletedSessions(db: Database, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ session_id: string }>({
    text: '/* listDeletedSessions */ SELECT session_id FROM session_heads WHERE deleted_at IS NOT NULL ORDER BY deleted_at LIMIT $1',
    values: [limit],
  })
  return rows.map((row) => row.session_id)
}
