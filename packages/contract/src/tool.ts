import { z } from 'zod'
import { effectsMode } from './turn.ts'

const toolResultsMax = 100
const toolCallIdCharactersMax = 256

const jsonSchema = z.record(z.string(), z.unknown())

const toolName = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, underscores and hyphens')

/** A tool that the caller runs: the turn parks until `tool-results` brings the answer. */
export const clientSideTool = z.object({
  type: z.enum(['client_side', 'client']),
  name: toolName,
  description: z.string().max(4096).default('').describe('What the model is told of it'),
  parameters: jsonSchema.default({ type: 'object' }).describe('The JSON Schema of its arguments'),
  requires_approval: z.boolean().optional().describe('The turn waits until somebody approves the call'),
})

/** A tool that the server runs by a signed POST. */
export const webhookTool = z.object({
  type: z.literal('webhook'),
  name: toolName,
  description: z.string().max(4096).default('').describe('What the model is told of it'),
  parameters: jsonSchema.default({ type: 'object' }).describe('The JSON Schema of its arguments'),
  url: z.url(),
  /** What is at the other end of a wire cannot take part in our transaction. */
  effects: effectsMode.exclude(['transactional']).default('idempotent').describe('After a crash: `idempotent` it is called again with the same Idempotency-Key, `at_most_once` it is not'),
  requires_approval: z.boolean().optional().describe('The turn waits until somebody approves the call'),
})

export const toolDefinition = z.discriminatedUnion('type', [clientSideTool, webhookTool]).meta({ id: 'ToolDefinition' })
export type ToolDefinition = z.output<typeof toolDefinition>

export const toolCallId = z.string().min(1, 'must not be empty').max(toolCallIdCharactersMax, `must be at most ${toolCallIdCharactersMax} characters`)

/** Names a server-side tool, or a set of them, that an agent is given. */
export const capabilityRef = z.object({ ref: z.string().min(1).max(128), config: jsonSchema.optional() }).meta({ id: 'CapabilityRef' })
export type CapabilityRef = z.output<typeof capabilityRef>

/**
 * What the caller's own tool answered. The documented clients may write the one of the two that they do not mean as
 * null: a null error is none, and neither is a null result beside an error. Alone, null is a result like any other.
 */
export const toolResult = z
  .object({
    tool_call_id: toolCallId,
    result: z.unknown().optional().describe('What the tool returned: any JSON'),
    error: z.string().nullish().describe('Why the tool failed, in words for the model'),
  })
  .superRefine(({ result, error }, context) => {
    const hasError = error !== undefined && error !== null
    const hasResult = result !== undefined && !(hasError && result === null)
    if (hasError === hasResult) context.addIssue({ code: 'custom', message: 'needs exactly one of result and error' })
  })
  .meta({ id: 'ToolResult' })

/** Of one request, the first word about a call would win: which one was meant, nobody knows. */
export function refuseRepeatedCalls(list: string): (entries: readonly { tool_call_id: string }[], context: z.RefinementCtx) => void {
  return (entries, context) => {
    const firstIndexes = new Map<string, number>()
    entries.forEach(({ tool_call_id }, index) => {
      const first = firstIndexes.get(tool_call_id)
      if (first === undefined) firstIndexes.set(tool_call_id, index)
      else context.addIssue({ code: 'custom', path: [index, 'tool_call_id'], message: `is the same as in ${list}[${first}]` })
    })
  }
}

/** The body of `POST /v1/sessions/{session_id}/tool-results`. */
export const toolResultsRequest = z
  .object({
    tool_results: z
      .array(toolResult)
      .min(1, 'must have at least one result')
      .max(toolResultsMax, `must have at most ${toolResultsMax} results`)
      .superRefine(refuseRepeatedCalls('tool_results')),
  })
  .meta({ id: 'ToolResultsRequest', example: { tool_results: [{ tool_call_id: 'call_1', result: { temperature: 21 } }] } })
export type ToolResultsRequest = z.output<typeof toolResultsRequest>

export const toolResultsResponse = z
  .object({
    accepted: z.int().describe('How many results are stored, those that had been stored before included'),
    status: z.literal('active'),
  })
  .meta({ id: 'ToolResultsResponse' })
export type ToolResultsResponse = z.output<typeof toolResultsResponse>
