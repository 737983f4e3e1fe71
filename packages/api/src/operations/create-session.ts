import { newId, type Agent, type CreateSessionRequest, type Session } from '@reprise/contract'
import { describeOwnership, insertSession, readAgent, seeded } from '@reprise/store'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'
import { checkAgentSettings, checkModel } from './check-agent-settings.ts'
import { keepMcpHeaders } from './keep-mcp-headers.ts'

export async function createSession(services: Services, caller: Caller, request: CreateSessionRequest): Promise<Session> {
  const agent = await findAgent(services, caller, request)
  await checkAgentSettings(services, request, agent)
  await checkModel(services, caller, 'model_id', request.model_id)
  return await insertSession(services.db, {
    id: newId('session'),
    organization_id: caller.organization_id,
    ...describeOwnership(caller.organization_id),
    harness_id: seeded.harness_id,
    agent_id: agent?.id ?? null,
    title: request.title ?? null,
    locale: request.locale ?? null,
    model_id: request.model_id ?? null,
    tags: request.tags ?? [],
    capabilities: request.capabilities ?? [],
    tools: request.tools ?? [],
    ...keepMcpHeaders(services, caller, request.mcpServers),
    system_prompt: request.system_prompt ?? null,
    max_iterations: request.max_iterations ?? null,
    parallel_tool_calls: request.parallel_tool_calls ?? null,
    hints: request.hints ?? null,
    when_busy: request.when_busy ?? null,
  })
}

/** A session without an agent is answered by the organization's default model alone. */
async function findAgent({ db }: Services, caller: Caller, { agent_id, agent_name }: CreateSessionRequest): Promise<Agent | null> {
  const asked = agent_id ?? agent_name
  if (!asked) return null
  const agent = await readAgent(db, caller.organization_id, asked)
  // A name may look like an id: what was asked for by one is not found by the other.
  const found = agent !== null && (agent_id ? agent.id === agent_id : agent.name === agent_name)
  if (!found || agent.status !== 'active') {
    throw fieldError('unknown_agent', agent_id ? 'agent_id' : 'agent_name', `there is no active agent ${JSON.stringify(asked)}`)
  }
  return agent
}
