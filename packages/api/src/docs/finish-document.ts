import { describeProblems, referToHeader, sharedHeaders, writeProblemResponses } from './describe-problems.ts'
import { nameOperation } from './name-operation.ts'
import type { DeclaredResponse, OpenApiDocument, Operation, Parameter } from './openapi-document.ts'
import { tags } from './tags.ts'
import { tidyComponents } from './tidy-components.ts'

const plainDescriptions: Record<string, string> = { '200': 'Done', '201': 'Created', '202': 'Accepted', '204': 'Done, and there is nothing to say', '304': 'Not changed' }

/** The order in which parameters are shown. */
const places: readonly Parameter['in'][] = ['path', 'query', 'header']

/** What the routes need not say, because it is the same for all of them: ids, headers, and the problems of the entrance. */
export function finishDocument(document: OpenApiDocument): OpenApiDocument {
  const paths = Object.fromEntries(
    Object.entries(document.paths).map(([path, operations]) => [
      path,
      Object.fromEntries(Object.entries(operations).map(([method, operation]) => [method, finishOperation(method, path, operation)])),
    ]),
  )
  const used = new Set(Object.values(paths).flatMap((operations) => Object.values(operations)).flatMap((operation) => operation.tags ?? []))
  return tidyComponents({
    ...document,
    tags: Object.entries(tags).filter(([name]) => used.has(name)).map(([name, description]) => ({ name, description })),
    paths,
    components: { ...document.components, headers: sharedHeaders, responses: writeProblemResponses() },
  })
}

function finishOperation(method: string, path: string, { operationId, ...operation }: Operation): Operation {
  const finished = describeProblems({
    ...operation,
    ...(operation.parameters && { parameters: operation.parameters.map(finishParameter).sort((one, other) => places.indexOf(one.in) - places.indexOf(other.in)) }),
    responses: Object.fromEntries(Object.entries(operation.responses).map(([status, response]) => [status, finishResponse(status, response)])),
  })
  return { operationId: operationId ?? nameOperation(method, path), ...finished }
}

function finishParameter({ name, ...parameter }: Parameter): Parameter {
  return { name: parameter.in === 'header' ? name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase()) : name, ...parameter }
}

function finishResponse(status: string, response: DeclaredResponse): DeclaredResponse {
  const isPlain = response.description === undefined || response.description === 'Default Response'
  return {
    ...response,
    description: isPlain ? (plainDescriptions[status] ?? 'Answer') : response.description!,
    headers: { ...response.headers, ...referToHeader('X-Request-Id') },
  }
}
