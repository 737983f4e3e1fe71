import { z } from 'zod'
import { effectsMode } from './turn.ts'

const jsonSchema = z.record(z.string(), z.unknown())

const toolName = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, underscores and hyphens')

/** A tool that the caller runs: the turn parks until `tool-results` brings the answer. */
export const clientSideTool = z.object({
  type: z.enum(['client_side', 'client']),
  name: toolName,
  description: z.string().max(4096).default(''),
  parameters: jsonSchema.default({ type: 'object' }),
  requires_approval: z.boolean().optional(),
})

/** A tool that the server runs by a signed POST. */
export const webhookTool = z.object({
  type: z.literal('webhook'),
  name: toolName,
  description: z.string().max(4096).default(''),
  parameters: jsonSchema.default({ type: 'object' }),
  url: z.url(),
  /** What is at the other end of a wire cannot take part in our transaction. */
  effects: effectsMode.exclude(['transactional']).default('idempotent'),
  requires_approval: z.boolean().optional(),
})

export const toolDefinition = z.discriminatedUnion('type', [clientSideTool, webhookTool]).meta({ id: 'ToolDefinition' })
export type ToolDefinition = z.output<typeof toolDefinition>

/** Names a server-side tool, or a set of them, that an agent is given. */
export const capabilityRef = z.object({ ref: z.string().min(1).max(128), config: jsonSchema.optional() }).meta({ id: 'CapabilityRef' })
export type CapabilityRef = z.output<typeof capabilityRef>
