import type pg from 'pg'

/** Tables that turns and limits write while requests come and go. */
const writtenByOthers = ['counting_processes', 'open_streams', 'request_counts', 'webhook_deliveries', 'journal', 'messages', 'turns', 'tool_calls', 'tool_result_values', 'workers', 'definitions', 'session_heads']

export type RowCount = Record<string, number>

/** Counts the rows of every table that only requests write to, in one statement. */
export async function prepareRowCount(pool: pg.Pool): Promise<() => Promise<RowCount>> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT relname = ANY ($1) ORDER BY relname`,
    [writtenByOthers],
  )
  const statement = `SELECT ${rows.map(({ name }) => `(SELECT count(*)::integer FROM "${name}") AS "${name}"`).join(', ')}`
  return async () => (await pool.query<RowCount>(statement)).rows[0]!
}
