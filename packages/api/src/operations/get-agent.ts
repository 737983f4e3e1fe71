import { AppError, describeIdProblem, type Agent } from '@reprise/contract'
import { readAgent } from '@reprise/store'
import { z } from 'zod'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'

const name = /^[a-z0-9-]{1,64}$/

export const getAgentInput = z.object({ agent_id: z.string().describe('Agent ID (format: agent_{32-hex}), or the name of the agent') })

/** Finds an agent by id or name. Whatever could not be a name was meant as an id. */
export async function getAgent({ db }: Services, caller: Caller, { agent_id }: z.output<typeof getAgentInput>): Promise<Agent> {
  const problem = name.test(agent_id) ? null : describeIdProblem('agent', agent_id)
  if (problem) throw fieldError('invalid_id', 'agent_id', problem)
  const agent = await readAgent(db, caller.organization_id, agent_id)
  if (!agent) throw new AppError('agent_not_found')
  return agent
}
