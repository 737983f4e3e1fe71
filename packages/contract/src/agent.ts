import { z } from 'zod'
import { ids } from './ids.ts'
import { limits } from './limits.ts'
import { mcpServers, mcpServersFields, mergeMcpSpellings } from './mcp-server.ts'
import { tags, whenBusy } from './message.ts'
import { capabilityRef, toolDefinition } from './tool.ts'

const systemPrompt = z.string().max(limits.jsonBodyBytesMax)

/** The body of `POST /v1/agents`: creates, or upserts by `id`, or by `name`. */
export const createAgentRequest = z
  .object({
    id: ids.agent.nullish(),
    name: z
      .string()
      .max(64)
      .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be a slug: lowercase letters and digits, joined by single hyphens'),
    system_prompt: systemPrompt,
    display_name: z.string().max(256).nullish(),
    description: z.string().max(4096).nullish(),
    default_model_id: ids.model.nullish(),
    /** Alias of default_model_id. */
    model: ids.model.nullish(),
    capabilities: z.array(capabilityRef).max(100).nullish(),
    tools: z.array(toolDefinition).max(128).nullish(),
    ...mcpServersFields,
    max_iterations: z.int().min(1).max(limits.iterationsMax).nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    tags: tags.nullish(),
    when_busy: whenBusy.nullish(),
    harness_id: ids.harness.nullish(),
    harness_name: z.string().max(64).nullish(),
  })
  .transform(({ model, ...request }) => ({ ...mergeMcpSpellings(request), default_model_id: request.default_model_id ?? model }))
  .meta({ id: 'CreateAgentRequest', example: { name: 'poet', system_prompt: 'You answer in verse.' } })
export type CreateAgentRequest = z.output<typeof createAgentRequest>

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
