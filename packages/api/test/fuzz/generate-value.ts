import fc from 'fast-check'
import type { JsonSchema } from '../../src/docs/openapi-document.ts'
import type { KnownValues } from './known-values.ts'

export interface Generation {
  known: KnownValues
  resolve(ref: string): JsonSchema
  /** What was made of a schema before, by its name: they are large, and used again and again. */
  made: Map<string, fc.Arbitrary<unknown>>
}

/** Nothing of the wire nests deeper; what would is left out. */
const depthMax = 8
/** Longer ones are left to the hostile values. */
const lengthMax = 24

/** Values that a schema allows. What it cannot say, such as "one of the two", they may still have wrong. */
export function generateValue(schema: JsonSchema, generation: Generation, name = '', depth = 0): fc.Arbitrary<unknown> {
  const { $ref, examples, anyOf, oneOf, allOf, type } = schema as Partial<Record<string, never>> // JSON Schema: each keyword is asked for its own form below
  if ($ref) {
    const key = `${depth} ${name} ${String($ref)}`
    const made = generation.made.get(key) ?? generateValue(generation.resolve($ref), generation, name, depth)
    generation.made.set(key, made)
    return made
  }
  if (depth > depthMax) return fc.constant(null)
  if ('const' in schema) return fc.constant(schema['const'])
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]))
  const alternatives = (anyOf ?? oneOf) as JsonSchema[] | undefined
  if (alternatives) return fc.oneof(...alternatives.map((one) => generateValue(one, generation, name, depth)))
  const parts = allOf as JsonSchema[] | undefined
  if (parts) return fc.tuple(...parts.map((one) => generateValue(one, generation, name, depth))).map((values) => Object.assign({}, ...(values as object[])) as unknown)
  // A whole object's example is what its own rules allow: half of what is generated begins there.
  const example = depth === 0 && Array.isArray(examples) ? fc.constantFrom(...(examples as unknown[])) : null
  const generated = generateByType(type, schema, generation, name, depth)
  return example ? fc.oneof(example, generated) : generated
}

function generateByType(type: unknown, schema: JsonSchema, generation: Generation, name: string, depth: number): fc.Arbitrary<unknown> {
  if (Array.isArray(type)) return fc.oneof(...type.map((one) => generateByType(one, schema, generation, name, depth)))
  switch (type) {
    case 'object':
      return generateObject(schema, generation, depth)
    case 'array':
      return fc.array(generateValue((schema['items'] ?? {}) as JsonSchema, generation, name, depth + 1), { minLength: Number(schema['minItems'] ?? 0), maxLength: Math.max(2, Number(schema['minItems'] ?? 0)) })
    case 'string':
      return generateText(schema, generation, name)
    case 'integer':
      return fc.integer({ min: Math.max(Number(schema['minimum'] ?? -5), -2e9), max: Math.min(Number(schema['maximum'] ?? 1_000), 2e9) })
    case 'number':
      return fc.double({ min: Number(schema['minimum'] ?? -1e6), max: Number(schema['maximum'] ?? 1e6), noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    default:
      return 'not' in schema ? fc.constant(undefined) : fc.jsonValue({ maxDepth: 2 })
  }
}

function generateObject(schema: JsonSchema, generation: Generation, depth: number): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>)
  const required = (schema['required'] ?? []) as string[]
  const additional = schema['additionalProperties']
  if (properties.length === 0 && typeof additional === 'object' && additional !== null) {
    return fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), generateValue(additional as JsonSchema, generation, '', depth + 1), { maxKeys: 2 })
  }
  const values = Object.fromEntries(properties.map(([key, value]) => [key, generateValue(value, generation, key, depth + 1)]))
  return fc.record(values, { requiredKeys: required.filter((key) => key in values), noNullPrototype: true })
}

function generateText(schema: JsonSchema, generation: Generation, name: string): fc.Arbitrary<string> {
  const known = generation.known.find(name, schema['pattern'])
  if (known.length > 0) return fc.constantFrom(...known)
  if (typeof schema['pattern'] === 'string') return fc.stringMatching(new RegExp(schema['pattern']))
  switch (schema['format']) {
    case 'uuid':
      return fc.uuid()
    case 'date-time':
      return fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }).map((date) => date.toISOString())
    case 'uri':
      return fc.constantFrom('https://example.com/hook', 'https://example.com:8443/a?b=c', 'http://127.0.0.1/', 'https://[::1]/')
  }
  const minLength = Number(schema['minLength'] ?? 0)
  return fc.string({ unit: 'grapheme', minLength, maxLength: Math.max(minLength, Math.min(Number(schema['maxLength'] ?? lengthMax), lengthMax)) })
}
