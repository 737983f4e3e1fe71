import { createForeignSession } from '../support/create-foreign-session.ts'
import { failing } from '../support/durable-requests.ts'
import { findMediaType, type ApiDocument, type FoundOperation } from '../support/api-document.ts'
import { makePng } from '../support/make-png.ts'
import { readUntil } from '../support/open-stream.ts'
import { parkTurn } from '../support/park-turn.ts'
import { createSession, postMessage, send, post, textMessage } from '../support/requests.ts'
import type { TestServer } from '../support/start-server.ts'
import { fuzzKey } from './generate-request.ts'
import { KnownValues } from './known-values.ts'
import { makeSmallest } from './make-smallest.ts'

/** Where nobody answers: what is generated is sent to nobody else's server. */
export const nowhere = '127.0.0.1:9'

/** Makes one of each thing that can be created, and learns every id and name that the server then shows. */
export async function seedValues(server: TestServer, api: ApiDocument): Promise<KnownValues> {
  const known = new KnownValues()
  await seedTurns(server, known)
  // What belongs to another is made after that to which it belongs.
  const creates = api.operations.filter(isCreate).sort((one, other) => one.path.split('/').length - other.path.split('/').length)
  for (const create of creates) known.addFrom(await createOne(server, api, create, known))
  for (const list of api.operations.filter(({ method, path }) => method === 'get' && !path.endsWith('}') && !path.endsWith('/sse'))) await learn(server, api, list, known)
  return known
}

/** `POST /v1/agents`: whatever has an id when it was answered. */
export function isCreate({ method, path, operation }: FoundOperation): boolean {
  return method === 'post' && path.endsWith('s') && '201' in operation.responses
}

/** Sends the operation's example, or the smallest body that its schema allows. */
export async function createOne(server: TestServer, api: ApiDocument, { path, operation }: FoundOperation, known: KnownValues): Promise<{ id: string }> {
  const url = server.url + fillPath(path, known)
  const { 'application/json': json, 'multipart/form-data': form } = operation.requestBody?.content ?? {}
  if (form) return JSON.parse((await send(url, { method: 'POST', headers: { authorization: fuzzKey }, body: makeForm() })).text) as { id: string }
  const body = json?.schema ? makeSmallest(json.schema, { known, resolve: (ref) => api.resolve(ref), made: new Map() }) : undefined
  const answer = await post<{ id: string }>(url, body)
  if (answer.status === 201) return answer.body
  throw new Error(`POST ${path} answered ${answer.status} to ${JSON.stringify(body)}, made from its schema: ${answer.text}\nGive the schema an example that works: .meta({ examples: […] })`)
}

/** Failed, parked and answered turns, which no single request makes. */
async function seedTurns({ url, pool }: TestServer, known: KnownValues): Promise<void> {
  known.addId(await createForeignSession(pool))
  const parked = await parkTurn(url, { calls: 2 })
  const undecided = await parkTurn(url, { approval: true })
  for (const id of ['call_1', 'call_2']) known.addWord('tool_call_id', id)
  known.addWord('api_key', fuzzKey)
  known.addWord('url', `http://${nowhere}/hook`)
  for (const type of ['turn.completed', 'input.message', 'budget.paused']) for (const filter of ['types', 'exclude']) known.addWord(filter, type)
  const { id } = await createSession(url)
  await postMessage(url, id, failing)
  await readUntil(url, id, 'session.idled')
  await postMessage(url, id, textMessage('answered'))
  const events = await readUntil(url, id, 'turn.completed')
  known.addFrom([parked, undecided, events])
  // A call is asked for with its own turn.
  const call = events.findLast(({ type }) => type === 'llm.generation')!
  known.addWord('event_id', call.id)
  known.addWord('workflow_id', call.context.turn_id!)
}

/** What a list shows at `/v1/capabilities` may stand for the parameter of `/v1/capabilities/{capability_id}`. */
async function learn({ url }: TestServer, api: ApiDocument, { path }: FoundOperation, known: KnownValues): Promise<void> {
  const { status, headers, body } = await send<unknown>(url + fillPath(path, known), { headers: { authorization: fuzzKey } })
  if (status !== 200 || findMediaType({ 'application/json': {} }, headers.get('content-type') ?? '') === null) return
  known.addFrom(body)
  const { data = [] } = body as { data?: { id?: string }[] } // every list of the contract has it
  const parameters = new Set(Object.keys(api.document.paths).flatMap((other) => (other.startsWith(`${path}/{`) ? [/\{([^}]+)\}/.exec(other.slice(path.length))![1]!] : [])))
  for (const parameter of parameters) for (const { id } of Array.isArray(data) ? data : []) if (id !== undefined) known.addWord(parameter, id)
}

function fillPath(path: string, known: KnownValues): string {
  return path.replaceAll(/\{([^}]+)\}/g, (_all, name: string) => {
    const prefix = name === 'session_id' ? 'sess' : name.replace(/_id$/, '')
    return known.find(name, `^${prefix}_`).at(-1) ?? name
  })
}

function makeForm(): FormData {
  const form = new FormData()
  form.append('file', new Blob([makePng(4, 4)], { type: 'image/png' }), 'seed.png')
  return form
}
