import { z } from 'zod'
import { ids } from './ids.ts'
import { limits } from './limits.ts'
import { mcpServers, mcpServersFields, mergeMcpSpellings } from './mcp-server.ts'
import { tags, whenBusy } from './message.ts'
import { capabilityRef, toolDefinition } from './tool.ts'
import { harnessFields, turnSettings } from './turn-settings.ts'
import { turnStatus, usage } from './turn.ts'

const systemPrompt = z.string().max(limits.jsonBodyBytesMax).describe('What the model is told before anything else')

const name = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be a slug: lowercase letters and digits, joined by single hyphens')

/** What an agent may have, and null or nothing says that it has not. */
const settings = {
  display_name: z.string().max(256).nullish(),
  description: z.string().max(4096).nullish(),
  default_model_id: ids.model.nullish().describe('Answers where neither message nor session names a model. Without it, the default of the organization'),
  model: ids.model.nullish().describe('Alias of default_model_id'),
  ...turnSettings,
  ...mcpServersFields,
  tags: tags.nullish(),
  ...harnessFields,
}

/** The body of `POST /v1/agents`: creates, or upserts by `id`, or by `name`. And that of `PUT /v1/agents/{agent_id}`: replaces all. */
export const createAgentRequest = z
  .object({ id: ids.agent.nullish(), name, system_prompt: systemPrompt, ...settings })
  .transform(({ model, ...request }) => ({ ...mergeMcpSpellings(request), default_model_id: request.default_model_id ?? model }))
  .meta({ id: 'CreateAgentRequest', example: { name: 'poet', system_prompt: 'You answer in verse.' } })
export type CreateAgentRequest = z.output<typeof createAgentRequest>

/** What of an agent may be changed alone. */
export const agentChanges = { name: name.optional(), system_prompt: systemPrompt.optional(), ...settings }

/** The body of `PATCH /v1/agents/{agent_id}`. */
export const updateAgentRequest = z
  .object(agentChanges)
  .meta({ id: 'UpdateAgentRequest', description: 'What is absent stays as it is; null clears. Headers of MCP servers stay with mcpServers, and are to be sent with it' })

/** The body of `POST /v1/agents/{agent_id}/copy`. */
export const copyAgentRequest = z
  .object({ name: name.nullish().describe('Without it, that of the agent with -copy, or -copy-2 and so on') })
  .meta({ id: 'CopyAgentRequest' })

export const agent = z
  .object({
    id: ids.agent,
    organization_id: ids.organization,
    name: z.string(),
    display_name: z.string().nullable(),
    description: z.string().nullable(),
    system_prompt: z.string(),
    default_model_id: ids.model.nullable(),
    capabilities: z.array(capabilityRef),
    tools: z.array(toolDefinition),
    mcpServers,
    max_iterations: z.int().nullable(),
    parallel_tool_calls: z.boolean().nullable(),
    tags: z.array(z.string()),
    when_busy: whenBusy.nullable(),
    harness_id: ids.harness,
    status: z.enum(['active', 'archived']),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Agent' })
export type Agent = z.output<typeof agent>

const count = z.int().min(0)
const tokens = z.number().min(0)

/** Of an agent's sessions and their turns. The names are those that the documented clients read. */
export const agentStats = z
  .object({
    session_count: count,
    started_session_count: count,
    active_session_count: count,
    idle_session_count: count,
    waiting_for_tool_results_session_count: count,
    execution_count: count.describe('Turns'),
    turns_by_status: z.record(turnStatus, count),
    total_session_duration_ms: tokens.describe('From the beginning of each session to its latest event'),
    avg_session_duration_ms: tokens.nullable(),
    total_input_tokens: tokens,
    total_output_tokens: tokens,
    total_cache_read_tokens: tokens,
    total_cache_creation_tokens: tokens,
    usage,
    first_session_at: z.iso.datetime().nullable(),
    last_session_at: z.iso.datetime().nullable(),
    last_execution_at: z.iso.datetime().nullable(),
    is_complete: z.boolean().describe('False when there were more sessions or turns than are counted: then the newest 10,000 sessions count, and at most 100,000 turns of theirs'),
  })
  .meta({ id: 'AgentStats' })
export type AgentStats = z.output<typeof agentStats>
