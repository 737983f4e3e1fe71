import type { Database } from '../database.ts'
import { messageColumns, type StoredMessage } from '../messages/write-message.ts'

/** The messages that joined a turn and have no place in its prompt yet, as they came. */
export async function readPendingSteers(db: Database, sessionId: string, turnId: string): Promise<StoredMessage[]> {
  const { rows } = await db.query<StoredMessage>({
    name: 'read_pending_steers',
    text: `/* readPendingSteers */ SELECT ${messageColumns} FROM messages m
WHERE m.session_id = $1 AND m.turn_id = $2 AND m.place IS NULL ORDER BY m.sequence`,
    values: [sessionId, turnId],
  })
  return rows
}
