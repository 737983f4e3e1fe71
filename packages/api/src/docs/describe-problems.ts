import { errorCatalogue, type ErrorCode } from '@reprise/contract'
import type { DeclaredResponse, JsonSchema, Operation } from './openapi-document.ts'

/** What stops a request before its route has a say: any operation may answer with these. */
const entranceCodes: readonly ErrorCode[] = [
  'invalid_request', 'invalid_id', 'unauthorized', 'forbidden', 'foreign_origin', 'foreign_host', 'unsupported_media_type', 'unsupported_encoding',
  'headers_too_large', 'rate_limited', 'internal_error', 'database_unavailable', 'overloaded', 'shutting_down',
]
const entranceStatuses = new Set(entranceCodes.map((code) => errorCatalogue[code].status as number))

const codesByStatus = Map.groupBy(Object.entries(errorCatalogue), ([, { status }]) => status as number)

/** Adds what any operation may answer, and makes every problem one of the shared responses. */
export function describeProblems(operation: Operation): Operation {
  const own = Object.entries(operation.responses).filter(([status]) => Number(status) < 400)
  const statuses = new Set([...entranceStatuses, ...Object.keys(operation.responses).map(Number).filter((status) => status >= 400)])
  const problems = [...statuses].sort((one, other) => one - other).map((status) => [String(status), { $ref: `#/components/responses/${nameProblem(status)}` }] as const)
  return { ...operation, responses: Object.fromEntries([...own, ...problems]) }
}

/** One response for each status of the catalogue, with the codes that it may have. */
export function writeProblemResponses(): Record<string, DeclaredResponse> {
  return Object.fromEntries([...codesByStatus].sort(([one], [other]) => one - other).map(([status, entries]) => [nameProblem(status), writeProblem(status, entries)]))
}

/** Headers that are the same wherever they stand. */
export const sharedHeaders = {
  'X-Request-Id': { description: 'Finds this request in the log. The one that was sent, if it was sane', required: true, schema: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,128}$' } },
  'Retry-After': { description: 'Whole seconds after which to try again. Nothing was accepted', required: true, schema: { type: 'integer', minimum: 0 } },
  Allow: { description: 'The methods that there are', required: true, schema: { type: 'string' } },
}

export function referToHeader(name: keyof typeof sharedHeaders): Record<string, { $ref: string }> {
  return { [name]: { $ref: `#/components/headers/${name}` } }
}

function writeProblem(status: number, entries: readonly [string, { title: string }][]): DeclaredResponse {
  const code: JsonSchema = { type: 'string', enum: entries.map(([name]) => name) }
  const narrowed = { type: 'object', properties: { status: { const: status }, code } }
  return {
    description: entries.map(([name, { title }]) => `\`${name}\`: ${title}`).join('  \n'),
    headers: {
      ...referToHeader('X-Request-Id'),
      ...((status === 429 || status === 503) && referToHeader('Retry-After')),
      ...(status === 405 && referToHeader('Allow')),
    },
    content: { 'application/problem+json': { schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, narrowed] } } },
  }
}

function nameProblem(status: number): string {
  return `Problem${status}`
}
