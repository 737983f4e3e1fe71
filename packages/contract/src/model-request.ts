import { z } from 'zod'
import { ids } from './ids.ts'
import { reasoningEfforts } from './message.ts'

/** What determined the prompt of a model call beside the journal. */
export const promptRecord = z.object({
  sha256: z.string().describe('Of the whole call, in base64url'),
  own_messages: z.int().describe('How many messages of the turn itself it showed'),
  cut_turns: z.int().describe('Earlier turns that were left out, the oldest first'),
  cut_results: z.int().describe('Tool results that were left out, the oldest first'),
})
export type PromptRecord = z.output<typeof promptRecord>

const json = z.record(z.string(), z.unknown())

/** What went to the model in one call. */
export const modelRequest = z
  .object({
    turn_id: ids.turn,
    is_exact: z.boolean().describe('It has the digest that was recorded with the call: this is what was sent'),
    difference: z.string().nullable().describe('Why it may not be. Null where it is exact'),
    request: z
      .object({
        model: z.string(),
        system: z.string().nullable(),
        messages: z.array(json).describe('As the provider’s client is given them, images by reference'),
        tools: z.array(z.object({ name: z.string(), description: z.string(), parameters: json })),
        reasoning_effort: z.enum(reasoningEfforts).nullable(),
        parallel_tool_calls: z.boolean(),
      })
      .describe('In our words'),
    http: z
      .object({ method: z.string(), url: z.string(), body: z.string().describe('JSON. Bytes of images are shortened') })
      .nullable()
      .describe('In the vendor’s, without headers. Null where nothing is sent, and where the provider is gone'),
  })
  .meta({ id: 'ModelRequest', description: 'What went to the model in one call, rebuilt from the journal' })
export type ModelRequest = z.output<typeof modelRequest>
