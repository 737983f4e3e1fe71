import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { DeclaredResponse, JsonSchema, MediaType, OpenApiDocument, Operation } from '../../src/docs/openapi-document.ts'

const rootId = 'openapi.json'

export interface FoundOperation {
  method: string
  /** As the document writes it: `/v1/sessions/{session_id}`. */
  path: string
  operation: Operation
}

/** The OpenAPI document as something to hold requests and responses against. */
export class ApiDocument {
  readonly document: OpenApiDocument
  readonly #ajv = new Ajv2020({ strict: false, formats: { binary: true } })
  readonly #validators = new Map<string, ValidateFunction>()
  readonly #paths: { path: string; pattern: RegExp }[]

  constructor(document: OpenApiDocument) {
    this.document = document
    addFormats.default(this.#ajv)
    this.#ajv.addSchema(document, rootId)
    // `/sessions/stats` is no session: what has fewer parameters is looked at first.
    const parameters = (path: string) => path.split('{').length
    const sorted = Object.keys(document.paths).sort((one, other) => parameters(one) - parameters(other))
    this.#paths = sorted.map((path) => ({ path, pattern: new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`) }))
  }

  get operations(): FoundOperation[] {
    return Object.entries(this.document.paths).flatMap(([path, operations]) => Object.entries(operations).map(([method, operation]) => ({ method, path, operation })))
  }

  /** The operation of a request, whichever mount it went to; null for what the document does not have. HEAD is GET. */
  find(method: string, pathname: string): FoundOperation | null {
    const asked = pathname.replace(/^\/api\//, '/')
    const path = this.#paths.find(({ pattern }) => pattern.test(asked))?.path
    const key = method === 'HEAD' ? 'get' : method.toLowerCase()
    const operation = path && this.document.paths[path]?.[key]
    return operation ? { method: key, path: path!, operation } : null
  }

  resolve(ref: string): JsonSchema {
    return this.document.components.schemas[ref.split('/').at(-1)!]! // it refers only to what it has
  }

  /** Where in the document the response of a status is, and what it says. */
  findResponse({ method, path, operation }: FoundOperation, status: number): { pointer: string; response: DeclaredResponse } | null {
    const response = operation.responses[status]
    if (!response) return null
    if (!response.$ref) return { pointer: pointTo('paths', path, method, 'responses', String(status)), response }
    const name = response.$ref.split('/').at(-1)!
    return { pointer: pointTo('components', 'responses', name), response: this.document.components.responses![name]! } // finishDocument writes them all
  }

  /** What is wrong with a value by the schema at this place of the document; null for nothing. */
  describeMismatch(pointer: string, value: unknown): string | null {
    const validator = this.#validators.get(pointer) ?? this.#ajv.compile({ $ref: `${rootId}#${pointer}` })
    this.#validators.set(pointer, validator)
    if (validator(value)) return null
    const [error] = validator.errors ?? []
    const params = JSON.stringify(error?.params)
    return `${error?.instancePath || '(the whole)'} ${error?.message} ${params}`
  }
}

/** The type of a content that the document declares, `image/*` included; null for a type that it does not. */
export function findMediaType(content: Record<string, MediaType>, contentType: string): string | null {
  const type = contentType.split(';')[0]!.trim().toLowerCase()
  return Object.keys(content).find((declared) => declared === type || declared === type.replace(/\/.*/, '/*')) ?? null
}

export function pointTo(...keys: string[]): string {
  return keys.map((key) => `/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')
}
