import { z } from 'zod'
import { ids } from './ids.ts'
import { limits } from './limits.ts'
import { mcpServers, mcpServersFields, mergeMcpSpellings } from './mcp-server.ts'
import { message, tags, whenBusy } from './message.ts'
import { capabilityRef, toolDefinition } from './tool.ts'
import { harnessFields, turnSettings } from './turn-settings.ts'
import { usage } from './turn.ts'

const title = z.string().max(limits.titleCharactersMax)

/** What a session has of its own, and may be given another of at any time: a turn keeps what it began with. */
const settings = {
  title: title.nullish(),
  locale: z.string().max(64).nullish().describe('Kept for clients'),
  model_id: ids.model.nullish().describe('Answers where the message names no model. Without it, the agent’s, or the default of the organization'),
  tags: tags.nullish(),
  system_prompt: z.string().max(limits.jsonBodyBytesMax).nullish().describe('What the model is told behind the agent’s prompt'),
  hints: z.record(z.string(), z.unknown()).nullish().describe('Kept for clients'),
  ...turnSettings,
}

/** The body of `POST /v1/sessions`. Everything is optional. */
export const createSessionRequest = z
  .object({
    agent_id: ids.agent.nullish().describe('Without an agent, the model alone answers'),
    agent_name: z.string().max(64).nullish().describe('In place of agent_id'),
    ...settings,
    ...mcpServersFields,
    ...harnessFields,
  })
  .refine((request) => !(request.agent_id && request.agent_name), { path: ['agent_name'], message: 'must not be given together with agent_id' })
  .transform(mergeMcpSpellings)
  .meta({ id: 'CreateSessionRequest', example: { agent_name: 'assistant', title: 'A first conversation' } })
export type CreateSessionRequest = z.output<typeof createSessionRequest>

/** The body of `PATCH /v1/sessions/{session_id}`. The headers of MCP servers are read while turns run, so those stay as they are. */
export const updateSessionRequest = z
  .object(settings)
  .meta({ id: 'UpdateSessionRequest', description: 'What is absent stays as it is; null clears. Turns that have begun keep what they began with' })
export type UpdateSessionRequest = z.output<typeof updateSessionRequest>

/** The body of `POST /v1/sessions/{session_id}/fork`. Everything is optional. */
export const forkSessionRequest = z
  .object({
    at_sequence: z
      .int()
      .min(1, 'must be at least 1, the session’s first event')
      .max(Number.MAX_SAFE_INTEGER)
      .nullish()
      .describe('The sequence of the last event that the fork knows of; without it, the latest'),
    title: title.nullish().describe('Without it, the title of the session that is forked'),
  })
  .meta({ id: 'ForkSessionRequest' })
export type ForkSessionRequest = z.output<typeof forkSessionRequest>

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
    is_pinned: z.boolean(),
    usage: usage.describe('Of all its model calls so far'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Session' })
export type Session = z.output<typeof session>

const count = z.int().min(0)
const countsByStatus = { started: count, active: count, idle: count, waitingfortoolresults: count } satisfies Record<SessionStatus, typeof count>

export const sessionStats = z
  .object({ total: count, ...countsByStatus, by_status: z.object(countsByStatus).describe('The same counts') })
  .meta({ id: 'SessionStats', description: 'How many sessions there are, and in which status' })
export type SessionStats = z.output<typeof sessionStats>

/** A line of `GET /v1/sessions/{session_id}/export`. */
export const exportLine = z
  .discriminatedUnion('type', [
    session.extend({ type: z.literal('session') }).meta({ id: 'ExportedSession' }),
    message.extend({ type: z.literal('message') }).meta({ id: 'ExportedMessage' }),
    z.object({ type: z.literal('end'), messages: count.describe('How many there were') }).meta({ id: 'ExportEnd' }),
  ])
  .meta({ id: 'ExportLine', description: 'The session, then its messages, oldest first, then the end: without that last line an export is not whole' })
export type ExportLine = z.output<typeof exportLine>
