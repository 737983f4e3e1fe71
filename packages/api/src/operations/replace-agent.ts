import { createAgentRequest, type Agent } from '@reprise/contract'
import { z } from 'zod'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'
import { changeAgent } from './change-agent.ts'
import { getAgentInput } from './get-agent.ts'
import { makeAgent } from './make-agent.ts'

export const replaceAgentInput = z.intersection(getAgentInput, createAgentRequest)

/** Replaces an agent that is there, whole; an archived one is active again. What is absent is as in an agent that is created without it. */
export async function replaceAgent(services: Services, caller: Caller, { agent_id, ...request }: z.output<typeof replaceAgentInput>): Promise<Agent> {
  return await changeAgent(services, caller, agent_id, async ({ id }) => {
    if (request.id && request.id !== id) throw fieldError('invalid_request', 'id', 'must be that of the agent that is replaced, or absent')
    return { ...(await makeAgent(services, caller, request, id)), status: 'active' }
  })
}
