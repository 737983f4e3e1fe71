import type { CreateAgentRequest } from '@reprise/contract'
import { seeded, type NewAgent } from '@reprise/store'
import type { Caller, Services } from '../services.ts'
import { checkAgentSettings, checkModel } from './check-agent-settings.ts'
import { keepMcpHeaders } from './keep-mcp-headers.ts'

/** The agent that a request describes whole, once it was found good. */
export async function makeAgent(services: Services, caller: Caller, request: CreateAgentRequest, id: string): Promise<NewAgent> {
  await checkAgentSettings(services, request)
  await checkModel(services, caller, 'default_model_id', request.default_model_id)
  return {
    id,
    organization_id: caller.organization_id,
    name: request.name,
    display_name: request.display_name ?? null,
    description: request.description ?? null,
    system_prompt: request.system_prompt,
    default_model_id: request.default_model_id ?? null,
    capabilities: request.capabilities ?? [],
    tools: request.tools ?? [],
    ...keepMcpHeaders(services, caller, request.mcpServers),
    max_iterations: request.max_iterations ?? null,
    parallel_tool_calls: request.parallel_tool_calls ?? null,
    tags: request.tags ?? [],
    when_busy: request.when_busy ?? null,
    harness_id: seeded.harness_id,
  }
}
