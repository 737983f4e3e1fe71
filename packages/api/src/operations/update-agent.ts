import { agentChanges, type Agent, type McpServers } from '@reprise/contract'
import type { StoredAgent } from '@reprise/store'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { changeAgent } from './change-agent.ts'
import { checkAgentSettings, checkModel } from './check-agent-settings.ts'
import { getAgentInput } from './get-agent.ts'
import { keepMcpHeaders } from './keep-mcp-headers.ts'

export const updateAgentInput = z.object({ ...getAgentInput.shape, ...agentChanges })
type Changes = Omit<z.output<typeof updateAgentInput>, 'agent_id'>

/** Changes what is given, all of it or nothing. An archived agent stays archived. */
export async function updateAgent(services: Services, caller: Caller, { agent_id, ...changes }: z.output<typeof updateAgentInput>): Promise<Agent> {
  const modelId = changes.default_model_id === undefined ? changes.model : changes.default_model_id
  const servers = changes.mcpServers === undefined ? changes.mcp_servers : changes.mcpServers
  await checkModel(services, caller, 'default_model_id', modelId)
  return await changeAgent(services, caller, agent_id, async (stored) => {
    await checkChanges(services, stored, changes, servers)
    const { name = stored.name, system_prompt = stored.system_prompt } = changes
    return {
      ...stored,
      name,
      system_prompt,
      display_name: orStored(changes.display_name, stored.display_name),
      description: orStored(changes.description, stored.description),
      default_model_id: orStored(modelId, stored.default_model_id),
      max_iterations: orStored(changes.max_iterations, stored.max_iterations),
      parallel_tool_calls: orStored(changes.parallel_tool_calls, stored.parallel_tool_calls),
      when_busy: orStored(changes.when_busy, stored.when_busy),
      // A list that is cleared is empty.
      capabilities: orStored(changes.capabilities, stored.capabilities) ?? [],
      tools: orStored(changes.tools, stored.tools) ?? [],
      tags: orStored(changes.tags, stored.tags) ?? [],
      ...(servers !== undefined && keepMcpHeaders(services, caller, servers)),
    }
  })
}

/** What the request leaves as it is may collide with what it brings, but is not its fault alone. */
async function checkChanges(services: Services, stored: StoredAgent, { capabilities, tools, harness_id, harness_name }: Changes, mcpServers: McpServers | null | undefined): Promise<void> {
  const left = { capabilities: capabilities === undefined ? stored.capabilities : [], tools: tools === undefined ? stored.tools : [] }
  await checkAgentSettings(services, { capabilities, tools, mcpServers, harness_id, harness_name }, left)
}

function orStored<T>(given: T | undefined, stored: T): T {
  return given === undefined ? stored : given
}
