import type { Database } from '../database.ts'

/** The sealed headers of a session's MCP servers: its own, or else its agent's. */
export async function readMcpHeaders(db: Database, organizationId: string, sessionId: string): Promise<Uint8Array | null> {
  const { rows } = await db.query<{ sealed: Uint8Array | null }>({
    name: 'read_mcp_headers',
    text: `/* readMcpHeaders */
SELECT CASE WHEN s.mcp_servers::text <> '{}' THEN s.mcp_headers_sealed ELSE a.mcp_headers_sealed END AS sealed
FROM sessions s
LEFT JOIN agents a ON a.organization_id = s.organization_id AND a.id = s.agent_id
WHERE s.organization_id = $1 AND s.id = $2`,
    values: [organizationId, sessionId],
  })
  return rows[0]?.sealed ?? null
}
