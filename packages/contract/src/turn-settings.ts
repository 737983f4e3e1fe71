import { z } from 'zod'
import { ids } from './ids.ts'
import { limits } from './limits.ts'
import { whenBusy } from './message.ts'
import { capabilityRef, toolDefinition } from './tool.ts'

const harness = 'The only harness is `generic`'

/** What agents and sessions both say of the turns to come. What a session leaves out is its agent's. */
export const turnSettings = {
  capabilities: z.array(capabilityRef).max(100).nullish().describe('Server-side tools, by the ids of `GET /v1/capabilities`'),
  tools: z.array(toolDefinition).max(128).nullish().describe('Tools that the caller or a webhook runs'),
  max_iterations: z.int().min(1).max(limits.iterationsMax).nullish().describe(`Model calls of one turn: one that needs more fails. ${limits.iterationsDefault} where nothing is said`),
  parallel_tool_calls: z.boolean().nullish().describe('Whether tool calls of one answer may run at once. True where nothing is said'),
  when_busy: whenBusy.nullish().describe('What becomes of a message that comes while a turn runs, unless it says so itself. `enqueue` where nothing is said'),
}

/** For clients that name one. */
export const harnessFields = {
  harness_id: ids.harness.nullish().describe(harness),
  harness_name: z.string().max(64).nullish().describe(harness),
}
