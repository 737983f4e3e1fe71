import type { Agent, McpServers, ToolDefinition, WhenBusy } from '@reprise/contract'
import { busyPolicies } from '../../chat/composer/composer-options.ts'

export interface AgentValues {
  name: string
  display_name: string
  description: string
  system_prompt: string
  default_model_id: string
  when_busy: string
  capabilities: string[]
  /** JSON. */
  tools: string
  /** JSON. */
  mcpServers: string
  max_iterations: number | ''
  parallel_tool_calls: boolean
  tags: string[]
}

/** What the form shows of an agent. */
export function toValues(agent: Agent | null): AgentValues {
  return {
    name: agent?.name ?? '',
    display_name: agent?.display_name ?? '',
    description: agent?.description ?? '',
    system_prompt: agent?.system_prompt ?? '',
    default_model_id: agent?.default_model_id ?? '',
    when_busy: agent?.when_busy ?? '',
    capabilities: agent?.capabilities.map(({ ref }) => ref) ?? [],
    tools: JSON.stringify(agent?.tools ?? [], null, 2),
    mcpServers: JSON.stringify(agent?.mcpServers ?? {}, null, 2),
    max_iterations: agent?.max_iterations ?? '',
    parallel_tool_calls: agent?.parallel_tool_calls ?? true,
    tags: agent?.tags ?? [],
  }
}

/** What the server is told, and what cannot be told: by field. What was not touched is not sent, so hidden headers stay. */
export function toRequest(values: AgentValues, agent: Agent | null) {
  const tools = readJson<ToolDefinition[]>(values.tools, 'a list', Array.isArray)
  const mcpServers = readServers(values.mcpServers)
  const isTouched = values.mcpServers !== toValues(agent).mcpServers
  const request = {
    name: values.name,
    display_name: values.display_name || null,
    description: values.description || null,
    system_prompt: values.system_prompt,
    default_model_id: values.default_model_id || null,
    when_busy: busyPolicies.find(({ value }) => value === values.when_busy)?.value ?? (null as WhenBusy | null),
    // A config that one has is kept.
    capabilities: values.capabilities.map((ref) => agent?.capabilities.find((one) => one.ref === ref) ?? { ref }),
    tools: tools.value ?? [],
    ...(isTouched && { mcpServers: mcpServers.value ?? {} }),
    max_iterations: values.max_iterations === '' ? null : values.max_iterations,
    parallel_tool_calls: values.parallel_tool_calls,
    tags: values.tags,
  }
  return { request, problems: { tools: tools.problem, mcpServers: mcpServers.problem } }
}

/** The same servers and one of the operator's under its own name; null when it is there already, or the JSON cannot be read. */
export function addRef(json: string, ref: string): string | null {
  const servers = readServers(json).value
  if (servers === null || Object.hasOwn(servers, ref) || Object.values(servers).some((server) => server.ref === ref)) return null
  return JSON.stringify({ ...servers, [ref]: { ref } }, null, 2)
}

function readServers(json: string) {
  return readJson<McpServers>(json, 'an object', (value) => typeof value === 'object' && value !== null && !Array.isArray(value))
}

function readJson<T>(text: string, what: string, isFit: (value: unknown) => boolean): { value: T | null; problem: string | null } {
  try {
    const value = JSON.parse(text) as T // its shape is the server's to judge
    return isFit(value) ? { value, problem: null } : { value: null, problem: `must be ${what}` }
  } catch (error) {
    return { value: null, problem: `is not JSON: ${error instanceof Error ? error.message : ''}` }
  }
}
