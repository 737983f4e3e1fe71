import { findMediaType, pointTo, type ApiDocument, type FoundOperation } from './api-document.ts'

/** A response as it went over the wire. */
export interface SeenResponse {
  method: string
  url: string
  status: number
  headers: Record<string, string>
  body: Buffer
  /** False where the connection was cut before the end. */
  isWhole: boolean
}

/** Everything in which a response is not what the document says, each in a sentence that names route, status and place. */
export function checkResponse(api: ApiDocument, seen: SeenResponse): string[] {
  const { method, url, status } = seen
  const pathname = url.split('?')[0]!
  if (method === 'OPTIONS') return []
  const found = api.find(method, pathname)
  const name = found ? `${method} ${found.path} ${status}` : `${method} ${pathname} ${status}`
  const faults = found ? checkOperation(api, found, seen) : checkElsewhere(api, pathname, seen)
  return faults.map((fault) => `${name}: ${fault}`)
}

function checkOperation(api: ApiDocument, found: FoundOperation, seen: SeenResponse): string[] {
  const declared = api.findResponse(found, seen.status)
  if (!declared) return [`the status is not declared (${Object.keys(found.operation.responses).join(', ')} are)`]
  return [...checkHeaders(api, declared.response.headers ?? {}, seen), ...checkBody(api, declared.pointer, declared.response.content, seen)]
}

/** Where no operation is, there are problems alone; what is no part of the API may answer as it likes. */
function checkElsewhere(api: ApiDocument, pathname: string, seen: SeenResponse): string[] {
  if (!/^(\/api)?\/v1\//.test(pathname)) return []
  const response = api.document.components.responses?.[`Problem${seen.status}`]
  if (!response) return ['there is no such route, so the answer must be a problem']
  return [...checkHeaders(api, response.headers ?? {}, seen), ...checkBody(api, pointTo('components', 'responses', `Problem${seen.status}`), response.content, seen)]
}

function checkHeaders(api: ApiDocument, declared: Record<string, unknown>, { headers }: SeenResponse): string[] {
  return Object.keys(declared).flatMap((name) => {
    const value = headers[name.toLowerCase()]
    const { required = false } = (api.document.components.headers?.[name] ?? declared[name]) as { required?: boolean } // as OpenAPI has it
    if (value === undefined) return required ? [`the header ${name} is missing`] : []
    const pointer = api.document.components.headers?.[name] ? pointTo('components', 'headers', name, 'schema') : null
    const fault = pointer && (api.describeMismatch(pointer, value) ?? null) && api.describeMismatch(pointer, Number(value))
    return fault ? [`the header ${name}: ${fault}`] : []
  })
}

function checkBody(api: ApiDocument, pointer: string, content: Parameters<typeof findMediaType>[0] | undefined, seen: SeenResponse): string[] {
  const { method, headers, body, isWhole } = seen
  if (!content) return body.length > 0 ? ['there is a body, and none is declared'] : []
  const contentType = headers['content-type'] ?? ''
  const type = findMediaType(content, contentType)
  if (type === null) return [`the content type ${JSON.stringify(contentType)} is not declared (${Object.keys(content).join(', ')})`]
  if (method === 'HEAD') return []
  const at = pointer + pointTo('content', type)
  const isStream = type === 'text/event-stream' || type === 'application/x-ndjson'
  if (isStream && !content[type]?.schema?.['x-item-schema']) return ['the schema says nothing of what the stream is made of (`x-item-schema`)']
  if (isStream) return splitItems(type, body.toString(), isWhole).flatMap((item) => api.describeMismatch(`${at}/schema/x-item-schema`, JSON.parse(item)) ?? [])
  // Bytes, or text that is no JSON.
  if (!type.endsWith('json') || !isWhole) return []
  const fault = api.describeMismatch(`${at}/schema`, JSON.parse(body.toString()))
  return fault ? [fault] : []
}

/** What a stream consists of, as JSON: the data of each event that has an id, or each line. What was cut off is left out. */
function splitItems(type: string, text: string, isWhole: boolean): string[] {
  if (type !== 'text/event-stream') return text.split('\n').slice(0, isWhole ? undefined : -1).filter((line) => line !== '')
  // Not by a pattern's `.` and `$`: for them a line ends at U+2028 too, for server-sent events it does not.
  const frames = text.split('\n\n').slice(0, -1).map((frame) => frame.split('\n'))
  return frames.filter((lines) => lines.some((line) => line.startsWith('id: '))).map((lines) => lines.find((line) => line.startsWith('data: '))?.slice('data: '.length) ?? 'null')
}
