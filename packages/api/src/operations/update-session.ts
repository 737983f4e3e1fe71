import { AppError, ids, updateSessionRequest, type Session, type UpdateSessionRequest } from '@reprise/contract'
import { readAgent, updateSession as storeChanges } from '@reprise/store'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { checkAgentSettings, checkModel } from './check-agent-settings.ts'
import { getSession } from './get-session.ts'

export const updateSessionInput = z.object({ session_id: ids.session, ...updateSessionRequest.shape })

/** Changes what is given, all of it or nothing. The next message is answered by it; turns that have begun go on as they were. */
export async function updateSession(services: Services, caller: Caller, { session_id, ...changes }: z.output<typeof updateSessionInput>): Promise<Session> {
  const session = await getSession(services, caller, { session_id })
  await checkModel(services, caller, 'model_id', changes.model_id)
  if (changes.capabilities || changes.tools) await checkTools(services, caller, session, changes)
  const changed = await storeChanges(services.db, caller.organization_id, session_id, clearLists(changes))
  // Deleted since it was read.
  if (!changed) throw new AppError('session_not_found')
  return changed
}

/** What the request leaves as it is may collide with what it brings. */
async function checkTools(services: Services, caller: Caller, session: Session, { capabilities, tools }: UpdateSessionRequest): Promise<void> {
  const agent = session.agent_id === null ? null : await readAgent(services.db, caller.organization_id, session.agent_id)
  const left = {
    capabilities: capabilities === undefined && session.capabilities.length > 0 ? session.capabilities : (agent?.capabilities ?? []),
    tools: tools === undefined && session.tools.length > 0 ? session.tools : (agent?.tools ?? []),
  }
  await checkAgentSettings(services, { capabilities, tools }, left)
}

/** A list that is cleared is empty. */
function clearLists({ tags, capabilities, tools, ...changes }: UpdateSessionRequest): Parameters<typeof storeChanges>[3] {
  return {
    ...changes,
    ...(tags !== undefined && { tags: tags ?? [] }),
    ...(capabilities !== undefined && { capabilities: capabilities ?? [] }),
    ...(tools !== undefined && { tools: tools ?? [] }),
  }
}
