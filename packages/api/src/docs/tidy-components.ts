import type { JsonSchema, OpenApiDocument } from './openapi-document.ts'

const prefix = '#/components/schemas/'

/**
 * Leaves the schemas that the document refers to, under their own names. Each comes in two forms, as it is sent
 * (`SessionInput`) and as it is answered (`Session`); where only one of them is used, that one has the name.
 */
export function tidyComponents(document: OpenApiDocument): OpenApiDocument {
  const { schemas, ...others } = document.components
  const used = findUsed({ ...document, components: others }, schemas)
  const rename = (name: string): string => {
    const plain = name.replace(/Input$/, '')
    return name !== plain && plain in schemas && !used.has(plain) ? plain : name
  }
  const kept = Object.fromEntries([...used].sort().map((name) => [rename(name), schemas[name]]))
  const text = JSON.stringify({ ...document, components: { ...others, schemas: kept } })
  const renamed = text.replaceAll(/"#\/components\/schemas\/([^"]+)"/g, (_ref, name: string) => JSON.stringify(prefix + rename(name)))
  return JSON.parse(renamed, tidySchema) as OpenApiDocument // what it was
}

function findUsed(document: object, schemas: Record<string, JsonSchema>): Set<string> {
  const used = new Set<string>()
  const queue: object[] = [document]
  for (let next = queue.pop(); next; next = queue.pop()) {
    for (const [, name] of JSON.stringify(next).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      const schema = schemas[name!]
      if (!schema || used.has(name!)) continue
      used.add(name!)
      queue.push(schema)
    }
  }
  return used
}

/**
 * Takes out what says nothing: the bounds that every integer of JavaScript has, and a date's format once more as a pattern.
 * An `example` stands where OpenAPI 3.1 wants it; as `examples`, zod would leave it out of every schema that transforms.
 */
function tidySchema(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('type' in value)) return value
  const schema = value as JsonSchema // JSON, and an object
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum']
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum']
  if (schema['format'] === 'date-time') delete schema['pattern']
  const { example, ...rest } = schema
  return example === undefined ? schema : { ...rest, examples: [example] }
}
