import type { Session, SessionStatus } from '@reprise/contract'
import type { Database } from '../database.ts'
import { sessionColumns, sessionStatus, sessionUsed, showSession, type SessionRow } from './session-record.ts'
import type { Page } from './shown-turns.ts'
import { writeSearchPattern } from './write-search-pattern.ts'

export interface SessionFilter {
  organization_id: string
  agent_id?: string | undefined
  status?: SessionStatus | undefined
  /** A part of the title, of a tag or of the agent's name, in upper or lower case. */
  search?: string | undefined
  /** All of these. */
  tags?: readonly string[] | undefined
  is_pinned?: boolean | undefined
}

/** A page ends before it grows beyond this, but never before its first session: each may be a megabyte. */
const pageBytesMax = 8 * 1024 * 1024

// Left out are filters that are null, and what is looked at is bound to the organization by an index. The statements have
// no names, so that each is planned for the filters it is given.
const isWanted = `s.organization_id = $1
  AND ($2::text IS NULL OR s.agent_id = $2)
  AND ($3::jsonb IS NULL OR s.tags::jsonb @> $3)
  AND ($4::boolean IS NULL OR (s.pinned_at IS NOT NULL) = $4)
  AND ($5::text IS NULL
    OR s.title ~ $5
    OR s.tags::text <> '[]' AND EXISTS (SELECT FROM json_array_elements_text(s.tags) tag WHERE tag ~ $5)
    OR s.agent_id IN (SELECT a.id FROM agents a WHERE a.organization_id = $1 AND (a.name ~ $5 OR a.display_name ~ $5)))`

/** Newest first. */
export async function listSessions(db: Database, filter: SessionFilter, { offset, limit }: Page): Promise<Session[]> {
  const { rows } = await db.query<SessionRow & { position: unknown; bytes: unknown }>({
    text: `/* listSessions */
SELECT * FROM (
  SELECT page.*, row_number() OVER newest_first AS position, sum(
    octet_length(coalesce("system_prompt", '')) + octet_length("tools"::text) + octet_length("capabilities"::text)
    + octet_length("mcpServers"::text) + octet_length("tags"::text) + octet_length(coalesce("hints"::text, ''))
  ) OVER newest_first AS bytes
  FROM (
    SELECT ${sessionColumns}, ${sessionStatus} AS status, ${sessionUsed} AS used
    FROM sessions s JOIN session_heads h ON h.session_id = s.id
    WHERE ${isWanted} AND h.deleted_at IS NULL AND ($6::text IS NULL OR ${sessionStatus} = $6)
    ORDER BY s.created_at DESC, s.id DESC OFFSET $7::bigint LIMIT $8
  ) page
  WINDOW newest_first AS (ORDER BY created_at DESC, id DESC)
) measured
WHERE position = 1 OR bytes <= $9
ORDER BY created_at DESC, id DESC`,
    values: [...encodeFilter(filter), filter.status ?? null, offset, limit, pageBytesMax],
  })
  return rows.map(({ position: _position, bytes: _bytes, ...row }) => showSession(row))
}

/** Costs what an index of the organization's sessions is long, and with filters on more than their agent what these sessions are. */
export async function countSessions(db: Database, filter: SessionFilter): Promise<number> {
  const { rows } = await db.query<{ total: number }>({
    text: `/* countSessions */
SELECT count(*) AS total FROM sessions s
WHERE ${isWanted}
  AND NOT EXISTS (SELECT FROM session_heads h WHERE h.organization_id = s.organization_id AND h.session_id = s.id AND h.deleted_at IS NOT NULL)
  AND ($6::text IS NULL OR EXISTS (SELECT FROM session_heads h WHERE h.session_id = s.id AND ${sessionStatus} = $6))`,
    values: [...encodeFilter(filter), filter.status ?? null],
  })
  return rows[0]!.total
}

function encodeFilter({ organization_id, agent_id, search, tags, is_pinned }: SessionFilter): unknown[] {
  return [organization_id, agent_id ?? null, tags ? JSON.stringify(tags) : null, is_pinned ?? null, search ? writeSearchPattern(search) : null]
}
