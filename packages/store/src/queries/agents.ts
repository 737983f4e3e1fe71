import type { Agent } from '@reprise/contract'
import type { Database } from '../database.ts'

export type NewAgent = Omit<Agent, 'created_at' | 'updated_at' | 'status'> & { mcp_headers_sealed: Uint8Array | null }

export const agentColumns = `id, organization_id, name, display_name, description, system_prompt, default_model_id, capabilities, tools,
  max_iterations, parallel_tool_calls, tags, when_busy, harness_id, status, created_at, updated_at, mcp_servers AS "mcpServers"`

/**
 * Creates an agent, or replaces the organization's own one with this id, or else with this name.
 * Null when the id is another organization's, or the name is another agent's.
 */
export async function upsertAgent(db: Database, agent: NewAgent, by: 'id' | 'name'): Promise<Agent | null> {
  const conflict = by === 'id' ? '(id)' : '(organization_id, name)'
  try {
    const { rows } = await db.query<Agent>({
      name: `upsert_agent_by_${by}`,
      text: `/* upsertAgent */
INSERT INTO agents (
  id, organization_id, name, display_name, description, system_prompt, default_model_id, capabilities, tools, max_iterations,
  parallel_tool_calls, tags, when_busy, harness_id, mcp_servers, mcp_headers_sealed
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT ${conflict} DO UPDATE SET
  name = excluded.name, display_name = excluded.display_name, description = excluded.description,
  system_prompt = excluded.system_prompt, default_model_id = excluded.default_model_id, capabilities = excluded.capabilities,
  tools = excluded.tools, max_iterations = excluded.max_iterations, parallel_tool_calls = excluded.parallel_tool_calls,
  tags = excluded.tags, when_busy = excluded.when_busy, harness_id = excluded.harness_id,
  mcp_servers = excluded.mcp_servers, mcp_headers_sealed = excluded.mcp_headers_sealed, status = 'active', updated_at = now(), version = agents.version + 1
WHERE agents.organization_id = excluded.organization_id
RETURNING ${agentColumns}`,
      values: agentValues(agent),
    })
    return rows[0] ?? null
  } catch (error) {
    if (isUniqueViolation(error)) return null
    throw error
  }
}

/** In the order of the statements that write them. */
export function agentValues(agent: NewAgent): unknown[] {
  return [
    agent.id, agent.organization_id, agent.name, agent.display_name, agent.description, agent.system_prompt, agent.default_model_id,
    JSON.stringify(agent.capabilities), JSON.stringify(agent.tools), agent.max_iterations, agent.parallel_tool_calls,
    JSON.stringify(agent.tags), agent.when_busy, agent.harness_id, JSON.stringify(agent.mcpServers), agent.mcp_headers_sealed,
  ]
}

export function isUniqueViolation(error: unknown): boolean {
  return (error as { code?: unknown }).code === '23505' // pg puts SQLSTATE on its errors
}

export async function readAgent(db: Database, organizationId: string, idOrName: string): Promise<Agent | null> {
  const { rows } = await db.query<Agent>({
    name: 'read_agent',
    text: `/* readAgent */ SELECT ${agentColumns} FROM agents WHERE organization_id = $1 AND (id = $2 OR name = $2) ORDER BY id = $2 DESC LIMIT 1`,
    values: [organizationId, idOrName],
  })
  return rows[0] ?? null
}
