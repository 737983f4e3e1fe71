/** What the rules below would name badly. */
const irregular: Record<string, string> = {
  'get /v1/sessions/{session_id}/sse': 'streamEvents',
  'put /v1/sessions/{session_id}/pin': 'pinSession',
  'delete /v1/sessions/{session_id}/pin': 'unpinSession',
  'post /v1/images': 'uploadImage',
  'post /v1/providers/{provider_id}/models': 'createModel',
  'get /v1/durable/health': 'getDurableHealth',
  'delete /v1/keys/{key_id}': 'revokeKey',
  'post /v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver': 'redeliverEvent',
  'post /v1/sessions/{session_id}/tool-results': 'submitToolResults',
  'post /v1/sessions/{session_id}/tool-approvals': 'submitToolApprovals',
}

/** Segments that stand for something with a longer name; an empty one only groups. */
const longerNames: Record<string, string> = { durable: '', dlq: 'dead-letters' }
const verbsOfOne: Record<string, string> = { get: 'get', put: 'replace', patch: 'update', delete: 'delete', post: 'create' }
const verbsOfMany: Record<string, string> = { get: 'list', post: 'create', delete: 'delete', put: 'replace', patch: 'update' }

/**
 * The operation's id, which generated clients take for their methods: `createMessage`, `listWebhookDeliveries`,
 * `cancelSession`. It follows from method and path alone, so that it stays what it is when words are changed.
 */
export function nameOperation(method: string, path: string): string {
  const known = irregular[`${method} ${path}`]
  if (known) return known
  const segments = path.split('/').slice(2).map((segment) => longerNames[segment] ?? segment).filter((segment) => segment !== '')
  const last = segments.at(-1) ?? ''
  const before = segments.slice(0, -1)
  if (isParameter(last)) return camel(verbsOfOne[method] ?? method, ...nameOwner(before.slice(0, -1)), singular(before.at(-1) ?? ''))
  if (isPlural(last)) return camel(verbsOfMany[method] ?? method, ...nameOwner(before), method === 'get' ? last : singular(last))
  const owner = singular(before.findLast((segment) => !isParameter(segment)) ?? '')
  // `POST …/cancel`, `GET …/export`: the last segment is what is done.
  const [verb = '', ...object] = last.split('-')
  if (owner !== '' && (method === 'post' || verb === 'export')) return camel(verb, owner, ...object)
  return camel(verbsOfOne[method] ?? method, owner, last)
}

/** What belongs to a session is named without it: there are no other messages, events or tool results. */
function nameOwner(segments: readonly string[]): string[] {
  const owner = segments.findLast((segment) => !isParameter(segment))
  return owner === undefined || owner === 'sessions' ? [] : [singular(owner)]
}

function isParameter(segment: string): boolean {
  return segment.startsWith('{')
}

function isPlural(segment: string): boolean {
  return segment.endsWith('s') && segment !== 'stats'
}

function singular(noun: string): string {
  return noun.replace(/ies$/, 'y').replace(/s$/, '')
}

function camel(...words: string[]): string {
  const parts = words.flatMap((word) => word.split(/[^A-Za-z0-9]+/)).filter((part) => part !== '')
  return parts.map((part, index) => (index === 0 ? part : part[0]!.toUpperCase() + part.slice(1))).join('')
}
