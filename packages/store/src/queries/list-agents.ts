import type { Agent } from '@reprise/contract'
import type { Database } from '../database.ts'
import { takeTurn } from '../scan/scan-in-slices.ts'
import { agentColumns } from './agents.ts'
import type { Page } from './page.ts'
import { writeSearchPattern } from './write-search-pattern.ts'

export interface AgentFilter {
  organization_id: string
  /** A part of its names, of its description or of a tag, in upper or lower case. */
  search?: string | undefined
  include_archived: boolean
}

const isWanted = `organization_id = $1 AND ($2::boolean OR status = 'active')
  AND ($3::text IS NULL OR name ~ $3 OR display_name ~ $3 OR description ~ $3
    OR tags::text <> '[]' AND EXISTS (SELECT FROM json_array_elements_text(tags) tag WHERE tag ~ $3))`

/** A page ends before it grows beyond this, but never before its first agent: each may be a megabyte. */
const pageBytesMax = 8 * 1024 * 1024

/** Newest first. */
export async function listAgents(db: Database, filter: AgentFilter, { offset, limit }: Page): Promise<Agent[]> {
  const ask = () => db.query<Agent & { position: unknown; bytes: unknown }>({
    text: `/* listAgents */
SELECT * FROM (
  SELECT page.*, row_number() OVER newest_first AS position, sum(
    octet_length("system_prompt") + octet_length("tools"::text) + octet_length("capabilities"::text) + octet_length("mcpServers"::text)
  ) OVER newest_first AS bytes
  FROM (
    SELECT ${agentColumns} FROM agents WHERE ${isWanted} ORDER BY created_at DESC, id DESC OFFSET $4::bigint LIMIT $5
  ) page
  WINDOW newest_first AS (ORDER BY created_at DESC, id DESC)
) measured
WHERE position = 1 OR bytes <= $6
ORDER BY created_at DESC, id DESC`,
    values: [...filterValues(filter), offset, limit, pageBytesMax],
  })
  const { rows } = await (filter.search ? takeTurn(db, ask) : ask())
  return rows.map(({ position: _position, bytes: _bytes, ...agent }) => agent)
}

export async function countAgents(db: Database, filter: AgentFilter): Promise<number> {
  const ask = () => db.query<{ total: number }>({
    text: `/* countAgents */ SELECT count(*) AS total FROM agents WHERE ${isWanted}`,
    values: filterValues(filter),
  })
  const { rows } = await (filter.search ? takeTurn(db, ask) : ask())
  return rows[0]!.total
}

/** Those of an organization's names that begin so, archived agents' too: a name is free when it is not among them. */
export async function listAgentNames(db: Database, organizationId: string, beginning: string): Promise<Set<string>> {
  const { rows } = await db.query<{ name: string }>({
    name: 'list_agent_names',
    text: `/* listAgentNames */ SELECT name FROM agents WHERE organization_id = $1 AND starts_with(name, $2)`,
    values: [organizationId, beginning],
  })
  return new Set(rows.map(({ name }) => name))
}

function filterValues({ organization_id, include_archived, search }: AgentFilter): unknown[] {
  return [organization_id, include_archived, search ? writeSearchPattern(search) : null]
}
