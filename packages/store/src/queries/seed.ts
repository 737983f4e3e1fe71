import { idPrefixes, newId } from '@reprise/contract'
import type { Database } from '../database.ts'
import type { NewSession } from './sessions.ts'

/** The organization and resources that every database starts with. Fixed ids, so that every process means the same. */
export const seeded = {
  organization_id: 'org_00000000000070008000000000000001',
  provider_id: 'provider_00000000000070008000000000000001',
  model_id: 'model_00000000000070008000000000000001',
  agent_id: 'agent_00000000000070008000000000000001',
  harness_id: 'harness_00000000000070008000000000000001',
} as const

/** Puts the seeded rows where they are missing; what an operator has changed stays changed. */
export async function seed(db: Database): Promise<void> {
  await putStartingRows(db, seeded, 'Default')
}

type StartingIds = Pick<Record<keyof typeof seeded, string>, 'organization_id' | 'provider_id' | 'model_id' | 'agent_id'>

/** What an organization starts with, where it is missing. */
export async function putStartingRows(db: Database, ids: StartingIds, name: string): Promise<void> {
  await db.query({
    text: `/* putStartingRows */
WITH organization AS (INSERT INTO organizations (id, name) VALUES ($1, $6) ON CONFLICT DO NOTHING),
provider AS (INSERT INTO providers (organization_id, id, type, name) VALUES ($1, $2, 'sim', 'Simulated') ON CONFLICT DO NOTHING),
model AS (
  INSERT INTO models (organization_id, id, provider_id, model, display_name, context_window, supports_images, supports_tools)
  VALUES ($1, $3, $2, 'sim', 'Simulated model', 32000, true, true) ON CONFLICT DO NOTHING
)
INSERT INTO agents (organization_id, id, name, display_name, system_prompt, capabilities, tools, tags, harness_id)
VALUES ($1, $4, 'assistant', 'Assistant', 'You are a helpful assistant.', '[{"ref":"current_time"},{"ref":"calculator"}]', '[]', '[]', $5)
ON CONFLICT DO NOTHING`,
    values: [ids.organization_id, ids.provider_id, ids.model_id, ids.agent_id, seeded.harness_id, name],
  })
  await db.query({
    text: '/* putDefaultModel */ UPDATE organizations SET default_model_id = $2 WHERE id = $1 AND default_model_id IS NULL',
    values: [ids.organization_id, ids.model_id],
  })
}

/** An organization has one workspace and one owner of its sessions, with ids made of its own: the seeded one has the seeded ones. */
export function describeOwnership(organizationId: string): { workspace_id: string; owner_principal_id: string } {
  const digits = organizationId.slice(organizationId.indexOf('_') + 1)
  return { workspace_id: `${idPrefixes.workspace}_${digits}`, owner_principal_id: `${idPrefixes.principal}_${digits}` }
}

/** A session of the seeded agent that leaves every setting to it. */
export function makeSeededSession(changes: Partial<NewSession> = {}): NewSession {
  return {
    id: newId('session'),
    organization_id: seeded.organization_id,
    ...describeOwnership(changes.organization_id ?? seeded.organization_id),
    harness_id: seeded.harness_id,
    agent_id: seeded.agent_id,
    title: null,
    locale: null,
    model_id: null,
    tags: [],
    capabilities: [],
    tools: [],
    system_prompt: null,
    max_iterations: null,
    parallel_tool_calls: null,
    hints: null,
    when_busy: null,
    mcpServers: {},
    mcp_headers_sealed: null,
    ...changes,
  }
}
