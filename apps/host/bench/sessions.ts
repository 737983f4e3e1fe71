import { newId } from '@reprise/contract'
import { insertSession, seeded, type Database } from '@reprise/store'

/** Makes sessions of the seeded agent. */
export async function createSessions(db: Database, count: number): Promise<string[]> {
  return await Promise.all(
    Array.from({ length: count }, async () => {
      const { id } = await insertSession(db, {
        id: newId('session'),
        organization_id: seeded.organization_id,
        workspace_id: seeded.workspace_id,
        harness_id: seeded.harness_id,
        owner_principal_id: seeded.principal_id,
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
      })
      return id
    }),
  )
}
