import type { Session, SessionStatus } from '@reprise/contract'
import type { Database } from '../database.ts'
import { takeTurn } from '../scan/scan-in-slices.ts'
import { sessionColumns, sessionStatus, sessionUsed, showSession, type SessionRow } from './session-record.ts'
import type { Page } from './page.ts'
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

// The statements have no names, so that each is planned for the filters it is given: what is null falls away. Whatever is
// left, only the organization's own rows are looked at, by an index. The text of the tags says cheaply what none of them
// can have in it.
const isWanted = `s.organization_id = $1
  AND NOT EXISTS (SELECT FROM session_heads gone WHERE gone.organization_id = s.organization_id AND gone.session_id = s.id AND gone.deleted_at IS NOT NULL)
  AND ($2::text IS NULL OR s.agent_id = $2)
  AND ($3::jsonb IS NULL OR s.tags::jsonb @> $3)
  AND ($4::boolean IS NULL OR (s.pinned_at IS NOT NULL) = $4)
  AND ($5::text IS NULL
    OR s.title ~ $5
    OR s.tags::text ~ $6 AND EXISTS (SELECT FROM json_array_elements_text(s.tags) tag WHERE tag ~ $5)
    OR s.agent_id IN (SELECT a.id FROM agents a WHERE a.organization_id = $1 AND (a.name ~ $5 OR a.display_name ~ $5)))
  AND ($7::text IS NULL OR EXISTS (SELECT FROM session_heads h WHERE h.session_id = s.id AND ${sessionStatus} = $7))`

/** Newest first. What an offset leaves out costs the walk along an index, no more. */
export async function listSessions(db: Database, filter: SessionFilter, { offset, limit }: Page): Promise<Session[]> {
  const ask = () => db.query<SessionRow & { position: unknown; bytes: unknown }>({
    text: `/* listSessions */
WITH page AS (
  SELECT s.organization_id, s.id FROM sessions s WHERE ${isWanted}
  ORDER BY s.created_at DESC, s.id DESC OFFSET $8::bigint LIMIT $9
),
shown AS (
  SELECT ${sessionColumns}, ${sessionStatus} AS status, ${sessionUsed} AS used
  FROM page JOIN sessions s USING (organization_id, id) JOIN session_heads h ON h.session_id = s.id
)
SELECT * FROM (
  SELECT shown.*, row_number() OVER newest_first AS position, sum(
    octet_length(coalesce("system_prompt", '')) + octet_length("tools"::text) + octet_length("capabilities"::text)
    + octet_length("mcpServers"::text) + octet_length("tags"::text) + octet_length(coalesce("hints"::text, ''))
  ) OVER newest_first AS bytes
  FROM shown WINDOW newest_first AS (ORDER BY created_at DESC, id DESC)
) measured
WHERE position = 1 OR bytes <= $10
ORDER BY created_at DESC, id DESC`,
    values: [...encodeFilter(filter), offset, limit, pageBytesMax],
  })
  const { rows } = await (filter.search ? takeTurn(db, ask) : ask())
  return rows.map(({ position: _position, bytes: _bytes, ...row }) => showSession(row))
}

/** Costs what an index of the organization's sessions is long, and with filters on more than their agent what these sessions are. */
export async function countSessions(db: Database, filter: SessionFilter): Promise<number> {
  const ask = () => db.query<{ total: number }>({
    text: `/* countSessions */ SELECT count(*) AS total FROM sessions s WHERE ${isWanted}`,
    values: encodeFilter(filter),
  })
  const { rows } = await (filter.search ? takeTurn(db, ask) : ask())
  return rows[0]!.total
}

function encodeFilter({ organization_id, agent_id, search, tags, is_pinned, status }: SessionFilter): unknown[] {
  const [inText, inJson] = search ? [writeSearchPattern(search), writeSearchPattern(JSON.stringify(search).slice(1, -1))] : [null, null]
  return [organization_id, agent_id ?? null, tags ? JSON.stringify(tags) : null, is_pinned ?? null, inText, inJson, status ?? null]
}
