import type { MessageRole } from '@reprise/contract'
import type { Database } from '../database.ts'
import { messageColumns, type StoredMessage } from '../messages/write-message.ts'

export interface MessageFilter {
  organization_id: string
  session_id: string
  after_sequence?: number
  before_sequence?: number
  role?: MessageRole
  limit: number
  /** Take the last `limit` messages instead of the first. Either way they come oldest first. */
  newest: boolean
}

/** A page ends before it grows beyond this, but never before its first message: each may be 32 MB, and a page a thousand. */
export const messagePageBytesMax = 16 * 1024 * 1024

/** What `boundPage` says of each message besides. */
export interface Measured {
  /** Of it and all before it. */
  bytes: number
  /** All of the page, those included that it has no room for. */
  wanted: number
}

/** Of a page of messages, those that it has room for. */
export function boundPage(page: string, direction: 'ASC' | 'DESC', bytesMax: string): string {
  return `SELECT * FROM (
  SELECT page.*, row_number() OVER (ORDER BY sequence ${direction}) AS position,
    sum(octet_length(content_json) + coalesce(octet_length(thinking_blocks::text), 0)) OVER (ORDER BY sequence ${direction})::bigint AS bytes,
    count(*) OVER () AS wanted
  FROM (${page}) page
) measured
WHERE position = 1 OR bytes <= ${bytesMax}
ORDER BY sequence ${direction}`
}

export async function listMessages(db: Database, filter: MessageFilter): Promise<StoredMessage[]> {
  const { organization_id, session_id, after_sequence = 0, before_sequence = Number.MAX_SAFE_INTEGER, role, limit, newest } = filter
  const direction = newest ? 'DESC' : 'ASC'
  const { rows } = await db.query<StoredMessage>({
    name: `list_messages_${direction}`,
    text: `/* listMessages */
${boundPage(`
    SELECT ${messageColumns} FROM messages m
    WHERE m.organization_id = $1 AND m.session_id = $2 AND m.sequence > $3::bigint AND m.sequence < $4::bigint AND ($5::text IS NULL OR m.role = $5)
    ORDER BY m.sequence ${direction} LIMIT $6`, direction, '$7')}`,
    values: [organization_id, session_id, after_sequence, before_sequence, role ?? null, limit, messagePageBytesMax],
  })
  if (newest) rows.reverse()
  return rows
}

export async function readMessage(db: Database, organizationId: string, sessionId: string, sequence: number): Promise<StoredMessage | null> {
  const { rows } = await db.query<StoredMessage>({
    name: 'read_message',
    text: `/* readMessage */ SELECT ${messageColumns} FROM messages m WHERE m.organization_id = $1 AND m.session_id = $2 AND m.sequence = $3`,
    values: [organizationId, sessionId, sequence],
  })
  return rows[0] ?? null
}

/** The messages of one turn, in prompt order; last those that joined it and have no place yet. */
export async function readTurnMessages(db: Database, organizationId: string, sessionId: string, turnId: string): Promise<StoredMessage[]> {
  const { rows } = await db.query<StoredMessage>({
    name: 'read_turn_messages',
    text: `/* readTurnMessages */ SELECT ${messageColumns} FROM messages m
WHERE m.organization_id = $1 AND m.session_id = $2 AND m.turn_id = $3 ORDER BY m.place NULLS LAST, m.sequence`,
    values: [organizationId, sessionId, turnId],
  })
  return rows
}

/** Where a role's message is a notice to the user, its metadata says so; it is in no prompt. Most have no metadata. */
const isNotice = `m.role = 'agent' AND coalesce(m.metadata->>'notice' = 'true', false)`

/**
 * The messages of the turns before a turn, in prompt order: the latest whole turns that fit in `messagesMax`.
 * Reads no turn older than that, so it costs the same in a long session as in a short one.
 */
export async function readEarlierMessages(db: Database, organizationId: string, sessionId: string, beforeOrdinal: number, messagesMax: number): Promise<StoredMessage[]> {
  const { rows } = await db.query<StoredMessage & { ordinal: number }>({
    name: 'read_earlier_messages',
    text: `/* readEarlierMessages */
SELECT t.ordinal, ${messageColumns}
FROM (
  SELECT id, ordinal FROM turns
  WHERE organization_id = $4 AND session_id = $1 AND ordinal < $2 AND NOT excluded_from_prompt
  ORDER BY ordinal DESC LIMIT $3
) t
JOIN messages m ON m.session_id = $1 AND m.turn_id = t.id
WHERE NOT (${isNotice})
ORDER BY t.ordinal DESC, m.place DESC NULLS FIRST, m.sequence DESC
LIMIT $3 + 1`,
    values: [sessionId, beforeOrdinal, messagesMax, organizationId],
  })
  if (rows.length > messagesMax) {
    // The oldest turn was cut off: only whole turns are shown to a model.
    const cut = rows.at(-1)!.ordinal
    while (rows.length > 0 && rows.at(-1)!.ordinal === cut) rows.pop()
  }
  return rows.reverse()
}
