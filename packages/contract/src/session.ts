import { z } from 'zod'
import { ids } from './ids.ts'
import { limits } from './limits.ts'
import { mcpServers, mcpServersFields, mergeMcpSpellings } from './mcp-server.ts'
import { tags, whenBusy } from './message.ts'
import { capabilityRef, toolDefinition } from './tool.ts'
import { usage } from './turn.ts'

/** The body of `POST /v1/sessions`. Everything is optional. */
export const createSessionRequest = z
  .object({
    agent_id: ids.agent.nullish(),
    agent_name: z.string().max(64).nullish(),
    title: z.string().max(512).nullish(),
    locale: z.string().max(64).nullish(),
    model_id: ids.model.nullish(),
    tags: tags.nullish(),
    capabilities: z.array(capabilityRef).max(100).nullish(),
    tools: z.array(toolDefinition).max(128).nullish(),
    ...mcpServersFields,
    system_prompt: z.string().max(limits.jsonBodyBytesMax).nullish(),
    max_iterations: z.int().min(1).max(limits.iterationsMax).nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    hints: z.record(z.string(), z.unknown()).nullish(),
    when_busy: whenBusy.nullish(),
    harness_id: ids.harness.nullish(),
    harness_name: z.string().max(64).nullish(),
  })
  .refine((request) => !(request.agent_id && request.agent_name), { path: ['agent_name'], message: 'must not be given together with agent_id' })
  .transform(mergeMcpSpellings)
  .meta({ id: 'CreateSessionRequest', example: { agent_name: 'assistant', title: 'A first conversation' } })
export type CreateSessionRequest = z.output<typeof createSessionRequest>

/** `waitingfortoolresults` is so spelled on the wire, and stands for approvals too. */
export const sessionStatuses = ['started', 'active', 'idle', 'waitingfortoolresults'] as const
export type SessionStatus = (typeof sessionStatuses)[number]

export const session = z
  .object({
    id: ids.session,
    organization_id: ids.organization,
    workspace_id: ids.workspace,
    harness_id: ids.harness,
    owner_principal_id: ids.principal,
    agent_id: ids.agent.nullable(),
    status: z.enum(sessionStatuses),
    title: z.string().nullable(),
    locale: z.string().nullable(),
    model_id: ids.model.nullable(),
    tags: z.array(z.string()),
    capabilities: z.array(capabilityRef),
    tools: z.array(toolDefinition),
    mcpServers,
    system_prompt: z.string().nullable(),
    max_iterations: z.int().nullable(),
    parallel_tool_calls: z.boolean().nullable(),
    hints: z.unknown().nullable(),
    when_busy: whenBusy.nullable(),
    usage: usage.describe('Of all its model calls so far'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Session' })
export type Session = z.output<typeof session>
