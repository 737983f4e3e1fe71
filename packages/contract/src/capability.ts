import { z } from 'zod'
import { effectsMode } from './turn.ts'

const jsonSchema = z.record(z.string(), z.unknown())

/** A set of server-side tools that agents and sessions name by its id, as `ref`. */
export const capability = z
  .object({
    id: z.string().describe('What agents and sessions name it by, as `ref`'),
    name: z.string(),
    description: z.string(),
    status: z.literal('available').describe('What is listed can be used; the documented clients ask for the word'),
    tools: z.array(z.object({ name: z.string(), description: z.string(), parameters: jsonSchema.describe('A JSON Schema'), effects: effectsMode })),
    config_schema: jsonSchema.nullable().describe('The JSON Schema of the `config` beside its `ref`. Null: it takes none'),
  })
  .meta({ id: 'Capability', description: 'A set of server-side tools that an agent can be given' })
export type Capability = z.output<typeof capability>
