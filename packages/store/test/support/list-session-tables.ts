import type { Database } from '../../src/index.ts'

/** Every table that holds rows of sessions, whoever has added it. */
export async function listSessionTables(db: Database): Promise<{ name: string; column: string }[]> {
  const { rows } = await db.query<{ name: string; column: string }>(`
    SELECT c.table_name AS name, c.column_name AS column FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND (c.column_name = 'session_id' OR c.table_name = 'sessions' AND c.column_name = 'id')
    ORDER BY c.table_name`)
  return rows
}

/** How many rows each table still has of a session, where it has any. */
export async function countSessionRows(db: Database, sessionId: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { name, column } of await listSessionTables(db)) {
    const { rows } = await db.query<{ count: number }>(`SELECT count(*) AS count FROM ${name} WHERE ${column} = $1`, [sessionId])
    if (rows[0]!.count > 0) counts[name] = rows[0]!.count
  }
  return counts
}
