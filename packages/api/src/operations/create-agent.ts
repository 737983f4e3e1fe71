import { AppError, newId, type Agent, type CreateAgentRequest } from '@reprise/contract'
import { upsertAgent } from '@reprise/store'
import type { Caller, Services } from '../services.ts'
import { makeAgent } from './make-agent.ts'

/** Creates an agent, or replaces the one with this id, or else with this name. */
export async function createAgent(services: Services, caller: Caller, request: CreateAgentRequest): Promise<Agent> {
  const made = await makeAgent(services, caller, request, request.id ?? newId('agent'))
  const agent = await upsertAgent(services.db, made, request.id ? 'id' : 'name')
  if (!agent) throw new AppError('agent_conflict')
  return agent
}
