import { AppError, describeIdProblem, type Agent } from '@reprise/contract'
import { readAgent, readStoredAgent, type StoredAgent } from '@reprise/store'
import { z } from 'zod'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'

const name = /^[a-z0-9-]{1,64}$/

export const getAgentInput = z.object({ agent_id: z.string().describe('Agent ID (format: agent_{32-hex}), or the name of the agent') })
type GetAgentInput = z.output<typeof getAgentInput>

/** Finds an agent by id or name. */
export async function getAgent({ db }: Services, caller: Caller, { agent_id }: GetAgentInput): Promise<Agent> {
  checkAgentId(agent_id)
  const agent = await readAgent(db, caller.organization_id, agent_id)
  if (!agent) throw new AppError('agent_not_found')
  return agent
}

/** With what is not shown of it. */
export async function findStoredAgent({ db }: Services, caller: Caller, { agent_id }: GetAgentInput): Promise<StoredAgent> {
  checkAgentId(agent_id)
  const agent = await readStoredAgent(db, caller.organization_id, agent_id)
  if (!agent) throw new AppError('agent_not_found')
  return agent
}

/** Whatever could not be a name was meant as an id. */
export function checkAgentId(idOrName: string): void {
  const problem = name.test(idOrName) ? null : describeIdProblem('agent', idOrName)
  if (problem) throw fieldError('invalid_id', 'agent_id', problem)
}
