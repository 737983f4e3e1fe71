import fc from 'fast-check'
import type { JsonSchema } from '../../src/docs/openapi-document.ts'
import { generateValue, type Generation } from './generate-value.ts'

/** The example of a schema, or else what it requires and no more. */
export function makeSmallest(schema: JsonSchema, generation: Generation): unknown {
  const { $ref, examples, properties = {}, required = [] } = schema as { $ref?: string; examples?: unknown[]; properties?: Record<string, JsonSchema>; required?: string[] } // JSON Schema
  if ($ref) return makeSmallest(generation.resolve($ref), generation)
  if (examples?.length) return examples[0]
  if (schema['type'] !== 'object') return fc.sample(generateValue(schema, generation), { numRuns: 1, seed: 1 })[0]
  return Object.fromEntries(required.map((name) => [name, makeSmallest(properties[name] ?? {}, generation)]))
}
