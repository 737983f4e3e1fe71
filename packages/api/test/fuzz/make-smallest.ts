import fc from 'fast-check'
import type { JsonSchema } from '../../src/docs/openapi-document.ts'
import { generateValue, type Generation } from './generate-value.ts'

/** The example of a schema, or else what it requires and no more. */
export function makeSmallest(schema: JsonSchema, generation: Generation): unknown {
  const { $ref, examples, properties = {}, required = [] } = schema as { $ref?: string; examples?: unknown[]; properties?: Record<string, JsonSchema>; required?: string[] } // JSON Schema
  if ($ref) return makeSmallest(generation.resolve($ref), generation)
  if (examples?.length) return nameKnown(examples[0], generation)
  if (schema['type'] !== 'object') return fc.sample(generateValue(schema, generation), { numRuns: 1, seed: 1 })[0]
  return Object.fromEntries(required.map((name) => [name, makeSmallest(properties[name] ?? {}, generation)]))
}

/** An example names things that nobody has: those of the server take their place. */
function nameKnown(example: unknown, { known }: Generation): unknown {
  return JSON.parse(JSON.stringify(example), (key, value: unknown) => (typeof value === 'string' ? (known.find(key, `^${value.split('_')[0]}_`).at(-1) ?? value) : value)) as unknown // as it was written
}
