import { AppError, type Agent } from '@reprise/contract'
import { updateAgent as writeAgent, type AgentChange, type StoredAgent } from '@reprise/store'
import type { Caller, Services } from '../services.ts'
import { findStoredAgent } from './get-agent.ts'
import { retryWhileStale } from './retry-while-stale.ts'

/** Makes of an agent as it is what it is to be: a change that somebody else made meanwhile is not written over unseen. */
export async function changeAgent(services: Services, caller: Caller, agentId: string, change: (stored: StoredAgent) => Promise<Omit<AgentChange, 'version'>>): Promise<Agent> {
  return await retryWhileStale('The agent is being changed by many others', async () => {
    const stored = await findStoredAgent(services, caller, { agent_id: agentId })
    const written = await writeAgent(services.db, { ...(await change(stored)), version: stored.version })
    if (written === 'name_taken') throw new AppError('agent_conflict', { message: 'Another agent has this name' })
    return written === 'stale' ? null : written
  })
}
