import { newId } from '@reprise/contract'
import { insertSession, readSession, seeded, type Database } from '@reprise/store'

/** Fixed, so that the address shown at each start stays the same. */
const quickstartSessionId = 'sess_00000000000070008000000000000001'

/** A session to post the first message to, made where it is missing: so that trying the server out takes one command. */
export async function findQuickstartSession(db: Database): Promise<string> {
  if (await readSession(db, seeded.organization_id, quickstartSessionId)) return quickstartSessionId
  // Its id is taken where it was deleted, or where another process has just made it.
  return await insert(db, quickstartSessionId).catch(() => insert(db, newId('session')))
}

async function insert(db: Database, id: string): Promise<string> {
  const { organization_id, workspace_id, harness_id, agent_id, principal_id } = seeded
  const ownSettings = {
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
  }
  await insertSession(db, { id, organization_id, workspace_id, harness_id, agent_id, owner_principal_id: principal_id, title: 'First steps', ...ownSettings })
  return id
}
