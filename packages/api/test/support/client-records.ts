import { z } from 'zod'

/**
 * What the documented API's Python and Rust clients need of each record: they refuse a whole answer for one field that
 * is missing, null where a list or number is expected, or of a word that they do not know. What else is there they pass over.
 */
const capabilityRef = z.object({ ref: z.string(), config: z.unknown().optional() })
const optionalText = z.string().nullish()

export const agentRecord = z.object({
  id: z.string(),
  name: z.string(),
  display_name: optionalText,
  description: optionalText,
  system_prompt: z.string(),
  default_model_id: optionalText,
  tags: z.array(z.string()).optional(),
  capabilities: z.array(capabilityRef).optional(),
  status: z.enum(['active', 'archived']),
  created_at: z.string(),
  updated_at: z.string(),
})

const count = z.int().min(0)

export const agentStatsRecord = z.object({
  session_count: count,
  active_session_count: count,
  idle_session_count: count,
  started_session_count: count,
  waiting_for_tool_results_session_count: count,
  execution_count: count,
  total_session_duration_ms: count,
  avg_session_duration_ms: count.nullish(),
  total_input_tokens: count,
  total_output_tokens: count,
  total_cache_read_tokens: count,
  total_cache_creation_tokens: count,
  first_session_at: optionalText,
  last_session_at: optionalText,
  last_execution_at: optionalText,
})

export const sessionRecord = z.object({
  id: z.string(),
  organization_id: z.string(),
  harness_id: z.string(),
  agent_id: optionalText,
  title: optionalText,
  tags: z.array(z.string()).optional(),
  locale: optionalText,
  model_id: optionalText,
  capabilities: z.array(capabilityRef).optional(),
  status: z.enum(['started', 'active', 'idle', 'waitingfortoolresults']),
  created_at: z.string(),
  updated_at: z.string(),
  usage: z.object({ input_tokens: count.optional(), output_tokens: count.optional(), cache_read_tokens: count.optional() }).nullish(),
  is_pinned: z.boolean(),
})

const contentRecord = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('image'), url: optionalText, base64: optionalText }),
  z.object({ type: z.literal('image_file'), image_id: z.string() }),
  z.object({ type: z.literal('tool_call'), id: z.string(), name: z.string(), arguments: z.record(z.string(), z.unknown()) }),
  z.object({ type: z.literal('tool_result'), tool_call_id: z.string(), result: z.unknown().optional(), error: optionalText }),
])

export const messageRecord = z.object({
  id: z.string(),
  session_id: z.string(),
  sequence: count,
  role: z.enum(['user', 'agent', 'tool_result']),
  content: z.array(contentRecord),
  thinking: optionalText,
  tags: z.array(z.string()).optional(),
  created_at: z.string(),
  external_actor: z.object({ actor_id: z.string(), source: z.string(), actor_name: optionalText, metadata: z.record(z.string(), z.string()).nullish() }).nullish(),
})

export const eventRecord = z.object({
  id: z.string(),
  type: z.string(),
  ts: z.string(),
  session_id: z.string(),
  data: z.record(z.string(), z.unknown()),
  context: z.object({ turn_id: optionalText, input_message_id: optionalText }).optional(),
})

export const capabilityRecord = z.object({ id: z.string(), name: z.string(), description: z.string(), status: z.string() })
