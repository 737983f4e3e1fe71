import { createHash } from 'node:crypto'
import type { Database } from '../database.ts'

/** The whole of a tool result that is too long for its message. */
export interface NewToolResultValue {
  organization_id: string
  session_id: string
  value_id: string
  /** JSON. */
  bytes: Uint8Array
}

const sliceBytes = 1024 * 1024

/** The same content of the same call has the same id, so that storing it again changes nothing. */
export function makeValueId(organizationId: string, sessionId: string, callId: string, contentSha256: string): string {
  return `value_${createHash('sha256').update(`${organizationId}:${sessionId}:${callId}:${contentSha256}`).digest('hex').slice(0, 32)}`
}

/** Stores a value, a slice at a time. A message may name it when this returns. */
export async function insertToolResultValue(db: Database, { organization_id, session_id, value_id, bytes }: NewToolResultValue): Promise<void> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let start = 0, slice = 0; start < all.length; slice++) {
    const end = endAtCharacter(all, start + sliceBytes)
    await db.query({
      name: 'insert_tool_result_slice',
      text: `/* insertToolResultValue */
INSERT INTO tool_result_values (organization_id, session_id, value_id, slice, bytes)
SELECT $1, $2, $3, $4, $5
-- Held until this is committed: nobody erases the session meanwhile, and of an erased one nothing is stored any more.
FROM (SELECT FROM session_heads h WHERE h.session_id = $2 AND h.deleted_at IS NULL FOR KEY SHARE) head
ON CONFLICT DO NOTHING`,
      values: [organization_id, session_id, value_id, slice, all.subarray(start, end)],
    })
    start = end
  }
}

/** A slice is text by itself: it ends where a character does. */
function endAtCharacter(bytes: Buffer, end: number): number {
  let at = Math.min(end, bytes.length)
  while (at < bytes.length && (bytes[at]! & 0xc0) === 0x80) at--
  return at
}

export interface FoundToolResult {
  /** As it stands in the message: all of it, or its beginning. Null for a call that ended with an error. */
  result_json: string | null
  /** Where all of it is, if not in the message. */
  value_id: string | null
  size_bytes: number | null
  slices: number
}

/** The result of a call, of the latest turn that has it unless one is named. Null when there is none. */
export async function readToolResult(db: Database, organizationId: string, sessionId: string, callId: string, turnId: string | null): Promise<FoundToolResult | null> {
  const { rows } = await db.query<FoundToolResult>({
    name: 'read_tool_result',
    text: `/* readToolResult */
WITH found AS (
  SELECT m.content->0->>'value_id' AS value_id, m.content->0->'result' AS result
  FROM session_heads h
  JOIN tool_calls c ON c.session_id = h.session_id AND c.id = $3 AND ($4::text IS NULL OR c.turn_id = $4)
  JOIN messages m ON m.session_id = c.session_id AND m.turn_id = c.turn_id AND m.role = 'tool_result' AND m.content->0->>'tool_call_id' = c.id
  WHERE h.organization_id = $1 AND h.session_id = $2 AND h.deleted_at IS NULL
  ORDER BY m.sequence DESC LIMIT 1
)
SELECT found.value_id, found.result::text AS result_json, whole.size_bytes, whole.slices
FROM found, LATERAL (
  -- The lengths are known without reading the slices.
  SELECT sum(octet_length(v.bytes)) AS size_bytes, count(*)::integer AS slices
  FROM tool_result_values v WHERE v.session_id = $2 AND v.value_id = found.value_id
) whole`,
    values: [organizationId, sessionId, callId, turnId],
  })
  return rows[0] ?? null
}

export async function readToolResultSlice(db: Database, organizationId: string, sessionId: string, valueId: string, slice: number): Promise<Buffer | null> {
  const { rows } = await db.query<{ bytes: Buffer }>({
    name: 'read_tool_result_slice',
    text: `/* readToolResultSlice */
SELECT bytes FROM tool_result_values WHERE organization_id = $1 AND session_id = $2 AND value_id = $3 AND slice = $4`,
    values: [organizationId, sessionId, valueId, slice],
  })
  return rows[0]?.bytes ?? null
}
