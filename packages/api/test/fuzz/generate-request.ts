import fc from 'fast-check'
import type { FoundOperation } from '../support/api-document.ts'
import { makePng } from '../support/make-png.ts'
import type { Parameter } from '../../src/docs/openapi-document.ts'
import { breakage, breakValue } from './break-value.ts'
import { generateValue, type Generation } from './generate-value.ts'
import { hostileId, hostileText } from './hostile-values.ts'
import { writeJson } from './write-json.ts'

type Pairs = readonly (readonly [string, string])[]

/** A request as it goes out. */
export interface FuzzRequest {
  method: string
  /** With its query. */
  path: string
  headers: Pairs
  body: string | null
}

interface Draft {
  params: Record<string, string>
  query: Pairs
  headers: Pairs
  body: string | null
}

/** The boundary of every form. */
const boundary = 'fuzz'

/** What every request shows that has no other: the server would ask for one as soon as a case has made a key. */
export const fuzzKey = 'test'

/** Requests to one operation: some as they should be, most with one thing wrong. */
export function generateRequest({ method, path, operation }: FoundOperation, generation: Generation): fc.Arbitrary<FuzzRequest> {
  const parameters = operation.parameters ?? []
  const json = operation.requestBody?.content['application/json']?.schema
  const type = json ? 'application/json' : (Object.keys(operation.requestBody?.content ?? {})[0] ?? 'application/json')
  const broken = json ? fc.tuple(generateValue(json, generation), breakage).map(([value, how]) => writeJson(breakValue(value, how))) : null
  const draft = fc.record<Draft>({
    params: fc.record(Object.fromEntries(listParameters(parameters, 'path').map((one) => [one.name, generatePathParameter(one, generation)]))),
    query: generatePairs(listParameters(parameters, 'query'), generation),
    headers: generatePairs(listParameters(parameters, 'header'), generation),
    body: generateBody(operation.requestBody, generation),
  })
  return draft.chain((made) => fc.oneof(...listBreakages(made, parameters, broken))).map((made) => writeRequest(method, path, made, type))
}

function listBreakages(draft: Draft, parameters: readonly Parameter[], brokenBody: fc.Arbitrary<string> | null) {
  const names = Object.keys(draft.params)
  const queryNames = [...listParameters(parameters, 'query').map(({ name }) => name), 'unknown', '__proto__', 'limit']
  return [
    { weight: 3, arbitrary: fc.constant(draft) },
    ...(names.length > 0 ? [{ weight: 3, arbitrary: fc.tuple(fc.constantFrom(...names), hostileId).map(([name, id]) => ({ ...draft, params: { ...draft.params, [name]: id } })) }] : []),
    { weight: queryNames.length > 3 ? 4 : 1, arbitrary: fc.tuple(fc.constantFrom(...queryNames), hostileText).map(([name, text]) => ({ ...draft, query: [...draft.query.filter(([one]) => one !== name), [name, text] as const] })) },
    { weight: queryNames.length > 3 ? 2 : 1, arbitrary: fc.constantFrom(...queryNames).map((name) => ({ ...draft, query: [...draft.query, [name, '1'] as const, [name, '2'] as const] })) },
    { weight: 2, arbitrary: hostileHeaders.map((headers) => ({ ...draft, headers: [...draft.headers, ...headers] })) },
    ...(brokenBody ? [{ weight: 8, arbitrary: brokenBody.map((body) => ({ ...draft, body })) }] : []),
    { weight: draft.body === null ? 1 : 2, arbitrary: hostileBody.map((body) => ({ ...draft, body })) },
  ]
}

/** Bodies that are nobody's value. */
const hostileBody: fc.Arbitrary<string | null> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(null, '', ' ', 'null', '[]', '0', '"x"', '{', '{"a":', '{}{}', '\0', '{"a":1,}', `--${boundary}--\r\n`, `--${boundary}\r\n\r\n`, '[1e400]', '\ufeff{}') },
  { weight: 2, arbitrary: fc.constantFrom(100, 5_000).map((depth) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)) },
  { weight: 1, arbitrary: fc.constant(`{"message":{"content":[{"type":"text","text":"${'a'.repeat(1_100_000)}"}]}}`) },
)

const hostileHeaders: fc.Arbitrary<Pairs> = fc.constantFrom<Pairs>(
  [['content-type', 'text/plain']],
  [['content-type', 'application/json; charset=utf-16']],
  [['content-type', 'multipart/form-data']],
  [['content-type', `multipart/form-data; boundary=${boundary}`]],
  [['content-type', 'application/x-www-form-urlencoded']],
  [['content-type', ';;;']],
  [['content-type', '']],
  [['content-type', 'application/json'], ['content-type', 'text/plain']],
  [['content-encoding', 'gzip']],
  [['content-encoding', 'identity']],
  [['accept', 'application/xml']],
  [['accept-encoding', 'gzip;q=x']],
  [['x-big', 'a'.repeat(9_000)]],
  [['x-request-id', '<script>']],
  [['x-request-id', 'fuzz'], ['x-request-id', 'twice']],
  [['x-org-id', 'org_1']],
  [['x-org-id', `org_${'0'.repeat(32)}`]],
  [['authorization', 'Bearer ']],
  [['authorization', '\u00e9\u00ff']],
  [['origin', 'https://evil.example']],
  [['origin', 'null']],
  [['sec-fetch-site', 'cross-site']],
  [['idempotency-key', 'a b']],
  [['idempotency-key', '']],
  [['idempotency-key', 'k'.repeat(256)]],
  [['idempotency-key', 'fuzz']],
  [['idempotency-key', 'one'], ['idempotency-key', 'two']],
  [['last-event-id', 'event_1']],
  [['last-event-id', `event_${'f'.repeat(32)}`]],
  [['if-none-match', '*']],
  [['if-none-match', ',,"']],
  [['range', 'bytes=0-1']],
  [['cookie', 'a=%00; __proto__=1']],
  [['x-http-method-override', 'DELETE']],
)

function listParameters(parameters: readonly Parameter[], where: Parameter['in']): Parameter[] {
  return parameters.filter((parameter) => parameter.in === where)
}

function generatePathParameter({ name, schema }: Parameter, generation: Generation): fc.Arbitrary<string> {
  const known = generation.known.find(name, schema['pattern'])
  const valid = generateValue(schema, generation, name).map(String)
  return known.length === 0 ? valid : fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: valid })
}

function generatePairs(parameters: readonly Parameter[], generation: Generation): fc.Arbitrary<Pairs> {
  if (parameters.length === 0) return fc.constant([])
  const values = fc.record(Object.fromEntries(parameters.map((one) => [one.name, generateParameter(one, generation)])))
  const needed = parameters.filter(({ name, required }) => required || name in alwaysGiven).map(({ name }) => name)
  // Few at a time: where each may be wrong, all of many are never right.
  const chosen = fc.subarray(parameters.map(({ name }) => name), { maxLength: Math.min(2, parameters.length) })
  return fc.tuple(values, chosen).map(([made, names]) =>
    [...new Set([...needed, ...names])].flatMap((name) => [made[name]].flat().map((one) => [name, typeof one === 'object' ? JSON.stringify(one) : String(one)] as const)),
  )
}

/** Without them, a case could take minutes. */
const alwaysGiven: Record<string, fc.Arbitrary<unknown>> = { timeout_ms: fc.integer({ min: 1, max: 50 }) }

function generateParameter({ name, schema, in: where }: Parameter, generation: Generation): fc.Arbitrary<unknown> {
  const value = alwaysGiven[name] ?? generateValue(schema, generation, name)
  // What a client cannot put into a header is not generated.
  return where === 'header' ? value.map((text) => String(text).replaceAll(/[^\x20-\x7e]/g, '?').trim()) : value
}

function generateBody(body: FoundOperation['operation']['requestBody'], generation: Generation): fc.Arbitrary<string | null> {
  const { 'application/json': json, 'multipart/form-data': form } = body?.content ?? {}
  if (json?.schema) return generateValue(json.schema, generation).map(writeJson)
  if (form) return fc.tuple(fc.constantFrom('file', 'file', 'other'), hostileText, fc.boolean()).map(([field, filename, isCut]) => writeForm(field, filename, isCut))
  if (body) return hostileText
  return fc.constantFrom(null, null, '')
}

/** A form with a picture. Its bytes are latin1 characters, as every body is sent. */
function writeForm(field: string, filename: string, isCut: boolean): string {
  const name = Buffer.from(filename.toWellFormed().replaceAll(/["\r\n]/g, '')).toString('latin1')
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="${name}"\r\nContent-Type: image/png\r\n\r\n`
  return head + makePng(4, 4).toString('latin1') + (isCut ? '' : `\r\n--${boundary}--\r\n`)
}

function writeRequest(method: string, template: string, { params, query, headers, body }: Draft, ownType: string): FuzzRequest {
  const path = template.replaceAll(/\{([^}]+)\}/g, (_all, name: string) => encode(params[name] ?? ''))
  const search = query.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')
  const isForm = body?.startsWith(`--${boundary}`)
  const type = isForm ? `multipart/form-data; boundary=${boundary}` : ownType.startsWith('multipart/') ? 'application/json' : ownType
  const has = (name: string) => headers.some(([one]) => one === name)
  const keyed: Pairs = has('authorization') ? headers : [['authorization', fuzzKey], ...headers]
  return {
    method: method.toUpperCase(),
    path: search === '' ? path : `${path}?${search}`,
    headers: has('content-type') || method === 'get' ? keyed : [['content-type', type], ...keyed],
    body: body === null || method === 'get' ? null : isForm ? body : Buffer.from(body).toString('latin1'),
  }
}

/** As `encodeURIComponent`, and lone surrogates as the bytes that they would be: no client could write them otherwise. */
function encode(text: string): string {
  return [...text].map((character) => (character.isWellFormed() ? encodeURIComponent(character) : '%ED%A0%80')).join('')
}
