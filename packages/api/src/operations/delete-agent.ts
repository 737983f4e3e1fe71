import { AppError } from '@reprise/contract'
import { archiveAgent } from '@reprise/store'
import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { checkAgentId, type getAgentInput } from './get-agent.ts'

/** Archives an agent, again if need be: it begins no new session, and those it has go on. */
export async function deleteAgent({ db }: Services, caller: Caller, { agent_id }: z.output<typeof getAgentInput>): Promise<void> {
  checkAgentId(agent_id)
  if (!(await archiveAgent(db, caller.organization_id, agent_id))) throw new AppError('agent_not_found')
}
