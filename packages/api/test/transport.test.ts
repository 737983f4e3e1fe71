import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Problem } from '@reprise/contract'
import { describeApi } from '../src/docs/describe-api.ts'
import { ApiDocument } from './support/api-document.ts'
import { createSession, expectProblem, send, type Answer } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

const key = 'a-key-of-our-own'
const operations = new ApiDocument(await describeApi('0.0.0-test')).operations.map(({ method, path, operation }) => ({
  name: `${method.toUpperCase()} ${path}`,
  method: method.toUpperCase(),
  path: fillPath(path),
  takesBody: operation.requestBody !== undefined,
  takesJson: operation.requestBody === undefined || 'application/json' in operation.requestBody.content,
  asksForKey: operation.security?.length !== 0,
  pattern: new RegExp(`^${path.replaceAll(/\{[a-z_]+\}/g, '[^/]+')}$`),
}))

/** Ids of nothing: well formed, so that the request comes as far as it can without a thing to act on. */
function fillPath(path: string): string {
  const prefixes: Record<string, string> = { session: 'sess', image: 'img', workflow: 'turn', dead_letter: 'turn', schedule: 'sched' }
  return path.replaceAll(/\{([a-z_]+)_id\}/g, (_all, kind: string) => `${prefixes[kind] ?? kind}_${'0'.repeat(32)}`)
}

let server: TestServer
beforeAll(async () => {
  server = await startServer({ access: { api_key: key, cors_origins: [] } })
})
afterAll(() => server.close())

const ask = ({ method, path }: (typeof operations)[number], headers: Record<string, string> = {}): Promise<Answer<Problem>> =>
  send(server.url + path, { method, headers: { authorization: key, ...headers } })

describe('every operation', () => {
  it.each(operations.filter(({ asksForKey }) => asksForKey))('$name takes the key by itself and as a bearer, and no other', async (operation) => {
    for (const authorization of [key, `Bearer ${key}`, `bearer ${key}`]) expect((await ask(operation, { authorization })).status).not.toBe(401)
    for (const authorization of ['', `${key} `.repeat(2), key.toUpperCase(), `Basic ${key}`]) expectProblem(await ask(operation, { authorization }), 401, 'unauthorized')
  })

  it.each(operations)('$name takes a JSON content type with an empty body as no body', async (operation) => {
    const bare = operation.method === 'GET' ? null : await ask(operation)
    const answer = await ask(operation, { 'content-type': 'application/json' })
    expect(['invalid_json', 'body_incomplete', ...(operation.takesJson ? ['unsupported_media_type'] : [])]).not.toContain(answer.body?.code)
    if (bare && !operation.takesBody) expect(answer.status).toBe(bare.status)
  })

  it.each(operations)('$name refuses an encoded body', async (operation) => {
    expectProblem(await ask(operation, { 'content-encoding': 'gzip' }), 415, 'unsupported_encoding')
    expect((await ask(operation, { 'content-encoding': 'identity' })).body?.code).not.toBe('unsupported_encoding')
  })

  it.each(operations)('$name answers with the id of its request', async (operation) => {
    expect((await ask(operation, { 'x-request-id': 'mine.1' })).headers.get('x-request-id')).toBe('mine.1')
    expect((await ask(operation, { 'x-request-id': '<mine>' })).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it.each(operations)('$name is the same below /api', async (operation) => {
    const [one, other] = [await ask(operation), await ask({ ...operation, path: `/api${operation.path}` })]
    expect([other.status, other.body?.code]).toEqual([one.status, one.body?.code])
  })

  it.each(operations.filter(({ path }) => path.includes('sess_')))('$name understands session_ where sess_ stands, and refuses 31 digits', async (operation) => {
    const alias = await ask({ ...operation, path: operation.path.replace('sess_', 'session_') })
    const canonical = await ask(operation)
    expect([alias.status, alias.body.code, alias.body.detail]).toEqual([canonical.status, canonical.body.code, canonical.body.detail])
    expectProblem(await ask({ ...operation, path: operation.path.replace('sess_0', 'sess_') }), 400, 'invalid_id', 'session_id')
    expectProblem(await ask({ ...operation, path: operation.path.replace('sess_0', 'sess_A') }), 400, 'invalid_id', 'session_id')
  })
})

/** Of each path what takes it, another path's parameter included, and one method that nothing takes. */
const refused = [...new Set(operations.map(({ path }) => path))].flatMap((path) => {
  const methods = operations.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
  const missing = ['PUT', 'PATCH', 'DELETE', 'POST'].find((method) => !methods.includes(method))
  return missing === undefined ? [] : [{ path, methods, missing }]
})

it.each(refused)('405: $path says which methods there are', async ({ path, methods, missing }) => {
  const answer = await send(server.url + path, { method: missing, headers: { authorization: key } })
  expectProblem(answer, 405, 'method_not_allowed')
  expect(answer.headers.get('allow')!.split(', ')).toEqual(expect.arrayContaining(methods))
})

it('a session is found by either spelling of its id, and shows the one', async () => {
  const open = await startServer()
  const { id } = await createSession(open.url)
  expect((await send<{ id: string }>(`${open.url}/v1/sessions/${id.replace('sess_', 'session_')}`)).body.id).toBe(id)
  await open.close()
})
