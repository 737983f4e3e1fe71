import type { Database } from '../database.ts'
import { messageColumns, type StoredMessage } from '../messages/write-message.ts'

export interface MessageRange {
  organization_id: string
  session_id: string
  after_sequence: number
  last_sequence: number
}

const pageMessages = 200
/** A page ends before it grows beyond this, but never before its first message. */
const pageBytesMax = 1024 * 1024

/** The next messages of a range, oldest first; null when the session is there no more. */
export async function readExportedMessages(db: Database, { organization_id, session_id, after_sequence, last_sequence }: MessageRange): Promise<StoredMessage[] | null> {
  const { rows } = await db.query<StoredMessage | { id: null }>({
    name: 'read_exported_messages',
    text: `/* readExportedMessages */
SELECT measured.* FROM session_heads h
LEFT JOIN (
  SELECT page.*, row_number() OVER (ORDER BY sequence) AS position,
    sum(octet_length(content_json) + coalesce(octet_length(thinking_blocks::text), 0)) OVER (ORDER BY sequence) AS bytes
  FROM (
    SELECT ${messageColumns} FROM messages m
    WHERE m.organization_id = $1 AND m.session_id = $2 AND m.sequence > $3::bigint AND m.sequence <= $4::bigint
    ORDER BY m.sequence LIMIT $5
  ) page
) measured ON position = 1 OR bytes <= $6
WHERE h.organization_id = $1 AND h.session_id = $2 AND h.deleted_at IS NULL
ORDER BY measured.sequence`,
    values: [organization_id, session_id, after_sequence, last_sequence, pageMessages, pageBytesMax],
  })
  if (rows.length === 0) return null
  return rows.filter((row) => row.id !== null)
}
