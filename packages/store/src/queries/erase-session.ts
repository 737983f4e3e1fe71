/**
 * Erases what a deleted session has stored.
 *
 * E1  Only a deleted session is erased: its head says so, and never takes it back.
 * E2  Every statement is a short transaction of its own and can be done again: whoever goes on after a crash, or does the
 *     same beside another process, finds what is left.
 * E3  The head and the session go last, with whatever came late: who still stores something for the session holds its
 *     head meanwhile, or does not find it.
 */
import { inTransaction, type Database, type DatabasePool, type Transaction } from '../database.ts'

/** What holds rows of a session, in an order that foreign keys allow. A test finds tables that are missing here. */
const tables = ['message_images', 'tool_calls', 'tool_result_values', 'idempotency_keys', 'messages', 'journal', 'schedules', 'webhook_deliveries', 'turns'] as const
type SessionTable = (typeof tables)[number]

/** A slice of a tool's result is 1 MiB; messages may be as large. */
const rowsMax: Partial<Record<SessionTable, number>> = { tool_result_values: 20, messages: 200 }
const rowsMaxDefault = 1_000

/** Erases until nothing is left. Stops between two statements when it is told to, and throws. */
export async function eraseSession(pool: Database & DatabasePool, sessionId: string, signal: AbortSignal): Promise<void> {
  for (const table of tables) {
    while ((await eraseRows(pool, table, sessionId, rowsMax[table] ?? rowsMaxDefault)) > 0) signal.throwIfAborted()
  }
  signal.throwIfAborted()
  await inTransaction(pool, async (transaction, complete) => {
    if (!(await lockDeletedHead(transaction, sessionId))) return
    for (const table of tables) await eraseRows(transaction, table, sessionId, null)
    await eraseHead(transaction, sessionId)
    await complete()
  })
}

/** Answers how many rows went. */
async function eraseRows(db: Database | Transaction, table: SessionTable, sessionId: string, limit: number | null): Promise<number> {
  const { rows } = await db.query<{ erased: number }>({
    name: `erase_${table}`,
    text: `/* eraseRows */
WITH erased AS (
  DELETE FROM ${table} WHERE ${rowsToErase[table] ?? anyRows(table)}
    AND session_id = $1 AND EXISTS (SELECT FROM session_heads h WHERE h.session_id = $1 AND h.deleted_at IS NOT NULL)
  RETURNING *
)${table === 'message_images' ? markingImages : ''}
SELECT count(*)::integer AS erased FROM erased`,
    values: [sessionId, limit],
  })
  return rows[0]!.erased
}

const anyRows = (table: SessionTable) => `ctid = ANY (ARRAY(SELECT r.ctid FROM ${table} r WHERE r.session_id = $1 LIMIT $2))`

/** Deliveries are written by others too: rows are locked in the order of their key, as everywhere, and known by it. */
const rowsToErase: Partial<Record<SessionTable, string>> = {
  webhook_deliveries: `(event_sequence, webhook_id) IN (
    SELECT r.event_sequence, r.webhook_id FROM webhook_deliveries r WHERE r.session_id = $1 ORDER BY r.event_sequence, r.webhook_id LIMIT $2 FOR UPDATE
  )`,
}

/** Images that lose a message may have no other: they are looked at after. Two sessions may lose the same ones at once. */
const markingImages = `,
held AS MATERIALIZED (
  SELECT i.organization_id, i.id FROM images i
  WHERE NOT i.uploaded AND (i.organization_id, i.id) IN (SELECT e.organization_id, e.image_id FROM erased e)
  ORDER BY i.organization_id, i.id FOR NO KEY UPDATE
),
marked AS (
  UPDATE images i SET unheld_since = coalesce(i.unheld_since, '-infinity') FROM held
  WHERE i.organization_id = held.organization_id AND i.id = held.id
)`

async function lockDeletedHead(transaction: Transaction, sessionId: string): Promise<boolean> {
  const { rows } = await transaction.query({
    text: '/* lockDeletedHead */ SELECT FROM session_heads WHERE session_id = $1 AND deleted_at IS NOT NULL FOR UPDATE',
    values: [sessionId],
  })
  return rows.length > 0
}

async function eraseHead(transaction: Transaction, sessionId: string): Promise<void> {
  const { rows } = await transaction.query<{ organization_id: string }>({
    text: '/* eraseHead */ DELETE FROM session_heads WHERE session_id = $1 RETURNING organization_id',
    values: [sessionId],
  })
  await transaction.query({ text: '/* eraseSession */ DELETE FROM sessions WHERE organization_id = $1 AND id = $2', values: [rows[0]!.organization_id, sessionId] })
}
