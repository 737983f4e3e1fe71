import { idPrefixes } from '@reprise/contract'

/** Of these there is one for all, or they belong to no organization. */
const ofNobody: ReadonlySet<string> = new Set(['harness', 'worker'] satisfies (keyof typeof idPrefixes)[])

interface Document {
  paths: Record<string, Record<string, unknown>>
}

/** Which ids a route takes by its own description: in its path, its query, its headers and its body. Routes are written as fastify does. */
export function findDocumentedKinds(document: Document, route: string): string[] {
  const [method = '', url = ''] = route.split(' ')
  const operation = document.paths[url.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()] as { parameters?: unknown; requestBody?: unknown } | undefined // by OpenAPI
  const prefixes = new Set<string>()
  const seen = new Set<unknown>()
  function look(value: unknown): void {
    if (typeof value !== 'object' || value === null || seen.has(value)) return
    seen.add(value)
    for (const [key, inner] of Object.entries(value)) {
      if (key === '$ref') look(resolve(document, String(inner)))
      const alternatives = key === 'pattern' ? /^\^\(?([a-z|]+)\)?_\[0-9a-f\]\{32\}\$$/.exec(String(inner))?.[1] : undefined
      for (const prefix of alternatives?.split('|') ?? []) prefixes.add(prefix)
      look(inner)
    }
  }
  look([operation?.parameters, operation?.requestBody])
  const kinds = Object.entries(idPrefixes).filter(([, prefix]) => prefixes.has(prefix)).map(([kind]) => kind)
  return kinds.filter((kind) => !ofNobody.has(kind))
}

function resolve(document: Document, reference: string): unknown {
  return reference.split('/').slice(1).reduce<unknown>((value, step) => (value as Record<string, unknown>)[step], document) // a pointer within the document
}
