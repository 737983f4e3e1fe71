import type { AgentStats } from '@reprise/contract'
import { readAgentStats } from '@reprise/store'
import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { getAgent, type getAgentInput } from './get-agent.ts'

export async function getAgentStats(services: Services, caller: Caller, input: z.output<typeof getAgentInput>): Promise<AgentStats> {
  const { id, organization_id } = await getAgent(services, caller, input)
  return await readAgentStats(services.db, organization_id, id)
}
