import type { Agent } from '@reprise/contract'
import type { Database } from '../database.ts'
import { agentColumns, agentValues, isUniqueViolation, type NewAgent } from './agents.ts'

/** An agent with what no caller is shown. */
export interface StoredAgent extends Agent {
  mcp_headers_sealed: Uint8Array | null
  /** Rises with every change. */
  version: number
}

export async function readStoredAgent(db: Database, organizationId: string, idOrName: string): Promise<StoredAgent | null> {
  const { rows } = await db.query<StoredAgent>({
    name: 'read_stored_agent',
    text: `/* readStoredAgent */
SELECT ${agentColumns}, mcp_headers_sealed, version FROM agents
WHERE organization_id = $1 AND (id = $2 OR name = $2) ORDER BY id = $2 DESC LIMIT 1`,
    values: [organizationId, idOrName],
  })
  return rows[0] ?? null
}

/** Null when its name is taken. */
export async function insertAgent(db: Database, agent: NewAgent): Promise<Agent | null> {
  const { rows } = await db.query<Agent>({
    name: 'insert_agent',
    text: `/* insertAgent */
INSERT INTO agents (
  id, organization_id, name, display_name, description, system_prompt, default_model_id, capabilities, tools, max_iterations,
  parallel_tool_calls, tags, when_busy, harness_id, mcp_servers, mcp_headers_sealed
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT DO NOTHING
RETURNING ${agentColumns}`,
    values: agentValues(agent),
  })
  return rows[0] ?? null
}

export interface AgentChange extends NewAgent {
  status: Agent['status']
  /** As it was read: what has changed since is not written over. */
  version: number
}

/** `stale` when it has changed since it was read, `name_taken` when its name is another agent's. */
export async function updateAgent(db: Database, change: AgentChange): Promise<Agent | 'stale' | 'name_taken'> {
  try {
    const { rows } = await db.query<Agent>({
      name: 'update_agent',
      text: `/* updateAgent */
UPDATE agents SET
  name = $3, display_name = $4, description = $5, system_prompt = $6, default_model_id = $7, capabilities = $8, tools = $9,
  max_iterations = $10, parallel_tool_calls = $11, tags = $12, when_busy = $13, harness_id = $14, mcp_servers = $15,
  mcp_headers_sealed = $16, status = $17, version = version + 1, updated_at = now()
WHERE id = $1 AND organization_id = $2 AND version = $18
RETURNING ${agentColumns}`,
      values: [...agentValues(change), change.status, change.version],
    })
    return rows[0] ?? 'stale'
  } catch (error) {
    if (isUniqueViolation(error)) return 'name_taken'
    throw error
  }
}

/** An archived agent begins no session; those it has go on. False when it is not there. */
export async function archiveAgent(db: Database, organizationId: string, idOrName: string): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'archive_agent',
    text: `/* archiveAgent */
UPDATE agents SET
  status = 'archived',
  version = CASE status WHEN 'archived' THEN version ELSE version + 1 END,
  updated_at = CASE status WHEN 'archived' THEN updated_at ELSE now() END
WHERE organization_id = $1 AND (id = $2 OR name = $2)`,
    values: [organizationId, idOrName],
  })
  return rowCount === 1
}
