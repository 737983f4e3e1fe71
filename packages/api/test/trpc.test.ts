import type { Message, Model, Provider } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as procedures from './support/call-procedure.ts'
import type { TrpcAnswer } from './support/call-procedure.ts'
import { makePng } from './support/make-png.ts'
import { createSession, send, textMessage } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let session_id: string
beforeAll(async () => {
  server = await startServer()
  session_id = (await createSession(server.url)).id
})
afterAll(() => server.close())

const mutate = <T>(path: string, input: unknown, headers?: Record<string, string>) => procedures.mutate<T>(server.url, path, input, headers)
const query = <T>(path: string, input?: unknown) => procedures.query<T>(server.url, path, input)

async function expectError(call: Promise<{ status: number; text: string; body: TrpcAnswer<unknown> }>, httpStatus: number, code: string, path?: string) {
  const { status, body, text } = await call
  expect({ status, code: body.error?.data.code, httpStatus: body.error?.data.httpStatus, path: body.error?.data.errors?.[0]?.path }, text).toEqual({ status: httpStatus, code, httpStatus, path })
}

describe('the same as REST', () => {
  it.each([
    ['sessions.list', 'sessions'],
    ['agents.list', 'agents'],
    ['providers.list', 'providers'],
    ['capabilities.list', 'capabilities'],
    ['keys.list', 'keys'],
    ['webhooks.list', 'webhooks'],
    ['schedules.list', 'schedules'],
    ['durable.workflows.list', 'durable/workflows'],
    ['durable.dlq.list', 'durable/dlq'],
  ])('%s: answers the page that was asked for, and the first where none was', async (procedure, path) => {
    for (const page of [{ limit: 1, offset: 1 }, undefined]) {
      const { data, total, offset, limit } = (await send<Record<string, unknown>>(`${server.url}/v1/${path}${page ? '?limit=1&offset=1' : ''}`)).body
      expect({ offset, limit }).toEqual(page ?? { offset: 0, limit: 100 })
      const answer = page ? await query(procedure, page) : await send<TrpcAnswer<unknown>>(`${server.url}/trpc/${procedure}`)
      expect(answer.body.result?.data).toEqual({ data, total, offset, limit })
    }
  })

  it('lists the same models', async () => {
    const rest = await send<{ data: Model[] }>(`${server.url}/v1/models`)
    expect((await query<Model[]>('models.list')).body.result?.data).toEqual(rest.body.data)
  })

  it('keeps the same providers and models', async () => {
    const provider = (await mutate<Provider>('providers.create', { name: 'Mine', provider_type: 'sim' })).body.result!.data
    const { id: provider_id } = provider
    expect((await query<{ data: Provider[] }>('providers.list')).body.result?.data.data).toContainEqual(provider)
    const renamed = (await mutate<Provider>('providers.update', { provider_id, name: 'Renamed' })).body.result!.data
    expect(renamed).toMatchObject({ id: provider_id, name: 'Renamed' })
    expect((await query<Provider>('providers.get', { provider_id })).body.result?.data).toEqual(renamed)

    const { id: model_id } = (await mutate<Model>('models.create', { provider_id, model_id: 'm' })).body.result!.data
    const model = (await mutate<Model>('models.update', { model_id, supports_images: true })).body.result!.data
    expect(model).toMatchObject({ provider_id, model: 'm', supports_images: true })
    expect((await query<Model>('models.get', { model_id })).body.result?.data).toEqual(model)
    expect((await query<Model[]>('models.list', { provider_id })).body.result?.data).toEqual([model])
    await expectError(mutate('providers.delete', { provider_id }), 409, 'provider_in_use')
    expect((await mutate('models.delete', { model_id })).status).toBe(200)
    expect((await mutate('providers.delete', { provider_id })).status).toBe(200)
    await expectError(query('providers.get', { provider_id }), 404, 'provider_not_found')
    await expectError(query('models.list', { provider_id }), 404, 'provider_not_found')
    await expectError(query('capabilities.get', { capability_id: 'shell' }), 404, 'capability_not_found')
    await expectError(mutate('models.create', { provider_id: 'x', model: 'm' }), 400, 'invalid_id', 'provider_id')
  })

  it('stores a message that REST shows, with an image of megabytes', async () => {
    const content = [{ type: 'image', base64: makePng(1200, 900).toString('base64') }]
    const { body } = await mutate<Message>('messages.create', { session_id, message: { content }, metadata: { b: 1, '1': 2 } })
    const { delivery: _, ...message } = body.result!.data
    expect((await send<{ data: Message[] }>(`${server.url}/v1/sessions/${session_id}/messages?role=user`)).body.data).toContainEqual(message)
  })
})

describe('the same refusals as REST', () => {
  it.each([
    ['an unknown session', { session_id: `sess_${'0'.repeat(32)}`, ...textMessage('x') }, 404, 'session_not_found', undefined],
    ['a session id of 31 digits', { session_id: `sess_${'0'.repeat(31)}`, ...textMessage('x') }, 400, 'invalid_id', 'session_id'],
    ['no session id', textMessage('x'), 400, 'invalid_request', 'session_id'],
    ['empty text', { session_id: `sess_${'0'.repeat(32)}`, ...textMessage('') }, 400, 'invalid_request', 'message.content[0].text'],
    ['NUL', { session_id: `sess_${'0'.repeat(32)}`, ...textMessage('\0') }, 400, 'invalid_request', 'message.content[0].text'],
    ['a bad key', { session_id: `sess_${'0'.repeat(32)}`, idempotency_key: 'a b', ...textMessage('x') }, 400, 'invalid_idempotency_key', 'Idempotency-Key'],
    ['a bad image', { session_id: `sess_${'0'.repeat(32)}`, message: { content: [{ type: 'image', base64: 'AAAA' }] } }, 400, 'invalid_image', 'message.content[0].base64'],
    ['no input', '', 400, 'invalid_request', 'session_id'],
    ['no JSON', '{', 400, 'invalid_json', undefined],
  ])('messages.create refuses %s', async (_what, input, status, code, path) => {
    await expectError(mutate('messages.create', input), status, code, path)
  })

  it('refuses other content types, encodings, and bodies over the limit', async () => {
    await expectError(mutate('messages.create', 'x', { 'content-type': 'text/plain' }), 415, 'unsupported_media_type')
    await expectError(mutate('sessions.create', '{}', { 'content-encoding': 'gzip' }), 415, 'unsupported_encoding')
    await expectError(mutate('sessions.create', { title: 'x'.repeat(1024 * 1024) }), 413, 'body_too_large')
    await expectError(mutate('images.upload', {}), 415, 'unsupported_media_type')
  })

  it('refuses unknown procedures, wrong methods and batches in its own words', async () => {
    await expectError(query('models.nothing'), 404, 'NOT_FOUND')
    await expectError(mutate('models.list', {}), 405, 'METHOD_NOT_SUPPORTED')
    expect((await send(`${server.url}/trpc/models.list,models.list?batch=1`)).status).toBe(400)
  })

  it('404: is not asked for headers alone', async () => {
    for (const path of ['models.list', 'sessions.create', 'events.subscribe']) expect((await send(`${server.url}/trpc/${path}`, { method: 'HEAD' })).status).toBe(404)
  })

  it('refuses what is no JSON in a url', async () => {
    for (const search of ['input={"agent_id":"assist', 'input=%5B', 'connectionParams=x', 'connectionParams=1']) {
      const answer = await send<TrpcAnswer<unknown>>(`${server.url}/trpc/agents.get?${search}`)
      expect({ search, status: answer.status, code: answer.body.error?.data.code }).toEqual({ search, status: 400, code: search.startsWith('input') ? 'invalid_json' : 'PARSE_ERROR' })
    }
  })

  it('shows nothing of the inside of a 500, and logs it', async () => {
    await server.pool.query('ALTER TABLE agents RENAME TO agents_away')
    const answer = await server.responses.provoking(500, () => query('agents.get', { agent_id: 'assistant' }))
    await server.pool.query('ALTER TABLE agents_away RENAME TO agents')
    expect(answer.body.error).toMatchObject({ message: 'Internal server error', data: { code: 'internal_error', httpStatus: 500 } })
    expect(answer.text).not.toMatch(/relation|\.ts/)
    expect(server.logged.join('')).toContain(answer.headers.get('x-request-id'))
  })
})
