import { AppError, copyAgentRequest, newId, type Agent } from '@reprise/contract'
import { insertAgent } from '@reprise/store'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { findStoredAgent, getAgentInput } from './get-agent.ts'
import { insertNamed } from './insert-named.ts'

export const copyAgentInput = z.object({ ...getAgentInput.shape, ...copyAgentRequest.shape })

/** A new, active agent that is told and given the same, the sealed headers of its MCP servers included. */
export async function copyAgent(services: Services, caller: Caller, { agent_id, name }: z.output<typeof copyAgentInput>): Promise<Agent> {
  const { name: copied, ...stored } = await findStoredAgent(services, caller, { agent_id })
  const copy = { ...stored, id: newId('agent') }
  // A copy of a copy is a copy of the same: `helper-copy-2`, not `helper-copy-copy`.
  if (!name) return await insertNamed(services, copy, copied.replace(/-copy(-\d+)?$/, ''), '-copy')
  const agent = await insertAgent(services.db, { ...copy, name })
  if (!agent) throw new AppError('agent_conflict', { message: 'Another agent has this name' })
  return agent
}
