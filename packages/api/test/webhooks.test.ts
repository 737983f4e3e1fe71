import { newId, type Problem, type Webhook, type WebhookDelivery, type WebhookTestResult, type WebhookWithSecret } from '@reprise/contract'
import { insertWebhook, seeded } from '@reprise/store'
import { Webhook as Verifier } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWebhook } from '../src/operations/create-webhook.ts'
import { listDeliveries } from '../src/operations/list-deliveries.ts'
import { listWebhooks } from '../src/operations/list-webhooks.ts'
import { answerWith, startReceiver, type Received, type Receiver } from '../../engine/test/webhooks/receiver.ts'
import { mutate, query } from './support/call-procedure.ts'
import { foreignOrganizationId } from './support/create-foreign-session.ts'
import { patch, remove, secretKey } from './support/providers.ts'
import { createSession, expectProblem, post, postMessage, send, textMessage } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let receiver: Receiver
let foreignId: string
beforeAll(async () => {
  receiver = await startReceiver()
  server = await startServer({ engine: { secretKeys: [secretKey], egressAllow: [receiver.address], deliveryTerms: { retryDelaysMs: [] } } })
  await server.engine.startBackground()
  await server.pool.query(`INSERT INTO organizations (id, name) VALUES ($1, 'Other')`, [foreignOrganizationId])
  foreignId = newId('webhook')
  await insertWebhook(server.pool, { id: foreignId, organization_id: foreignOrganizationId, url: 'https://example.com', events: ['turn.failed'], enabled: true, description: null, secrets_sealed: new Uint8Array(1) })
})
afterAll(async () => {
  await server.close()
  await receiver.close()
})

const url = () => `${server.url}/v1/webhooks`
const unknownIds = () => [newId('webhook'), foreignId]
const good = { url: 'https://hooks.example.com/reprise?for=me', events: ['turn.completed'] }

async function create(settings: object = {}): Promise<WebhookWithSecret> {
  const answer = await post<WebhookWithSecret>(url(), { ...good, ...settings })
  expect(answer.status, answer.text).toBe(201)
  return answer.body
}

const badSettings: [string, object, string][] = [
  ['a url that is none', { url: 'hooks' }, 'url'],
  ['a url that is a number', { url: 5 }, 'url'],
  ['a url of another scheme', { url: 'ftp://example.com' }, 'url'],
  ['a url with a password', { url: 'https://me:hunter2@example.com' }, 'url'],
  ['a url that is too long', { url: `https://example.com/${'a'.repeat(2048)}` }, 'url'],
  ['http', { url: 'http://example.com/hook' }, 'url'],
  ['loopback', { url: 'https://127.0.0.1/hook' }, 'url'],
  ['loopback in another spelling', { url: 'https://0x7f.1/hook' }, 'url'],
  ['loopback by its name', { url: 'https://localhost/hook' }, 'url'],
  ['the metadata of a cloud', { url: 'https://169.254.169.254/' }, 'url'],
  ['no events', { events: [] }, 'events'],
  ['an event twice', { events: ['turn.failed', 'turn.failed'] }, 'events'],
  ['an event that nobody is told of', { events: ['turn.completed', 'output.message.delta'] }, 'events[1]'],
  ['events that are no list', { events: 'turn.completed' }, 'events'],
  ['enabled that is no boolean', { enabled: 'yes' }, 'enabled'],
  ['a description that is too long', { description: 'a'.repeat(1025) }, 'description'],
  ['a NUL in the description', { description: 'a\0b' }, 'description'],
]

describe('POST /v1/webhooks', () => {
  it('201: shows the secret this once, and stores it sealed', async () => {
    const { secret, ...webhook } = await create({ description: 'For the bot' })
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(webhook).toEqual({
      id: expect.stringMatching(/^webhook_/), organization_id: seeded.organization_id, ...good, enabled: true, description: 'For the bot', disabled_reason: null,
      failing_since: null, created_at: expect.any(String), updated_at: expect.any(String),
    })
    const { rows } = await server.pool.query<{ row: string }>('SELECT row_to_json(w)::text AS row FROM webhooks w WHERE id = $1', [webhook.id])
    expect(rows[0]!.row).not.toContain(secret.slice(6))
    expect(rows[0]!.row).not.toContain(Buffer.from(secret).toString('hex'))
    const answers = [await send(url()), await send(`${url()}/${webhook.id}`), await patch(`${url()}/${webhook.id}`, {})]
    for (const { text } of answers) expect(text).not.toContain('secret')
  })

  it.each([...badSettings, ['no url', { url: undefined }, 'url'], ['no list of events', { events: undefined }, 'events']] as typeof badSettings)('400: refuses %s', async (_what, settings, path) => {
    const answer = await post(url(), { ...good, ...settings })
    expectProblem(answer, 400, 'invalid_request', path)
    expect(answer.text).not.toContain('hunter2')
  })

  it('409: says which setting is missing when nothing can be sealed', async () => {
    const keyless = await startServer({ database: server.database })
    const answers = [await post(`${keyless.url}/v1/webhooks`, good), await post(`${keyless.url}/v1/webhooks/${(await create()).id}/rotate-secret`, '')]
    await keyless.close()
    for (const answer of answers) {
      expectProblem(answer, 409, 'secret_key_missing')
      expect(answer.body.detail).toContain('REPRISE_SECRET_KEY')
    }
  })

  it('409: beyond fifty', async () => {
    const crowded = await startServer({ engine: { secretKeys: [secretKey] } })
    for (let count = 0; count < 50; count++) expect((await post(`${crowded.url}/v1/webhooks`, good)).status).toBe(201)
    expectProblem(await post(`${crowded.url}/v1/webhooks`, good), 409, 'too_many_webhooks')
    await crowded.close()
  })
})

describe('GET /v1/webhooks', () => {
  it('200: lists them page by page, with none of another organization', async () => {
    await create()
    const { body } = await send<{ data: Webhook[]; total: number }>(url())
    expect(body.data.map(({ id }) => id)).not.toContain(foreignId)
    expect((await send(`${url()}?offset=1&limit=1`)).body).toEqual({ data: [body.data[1]], total: body.total, offset: 1, limit: 1 })
  })

  it.each(['limit=0', 'limit=-1', 'limit=1000000000', 'limit=a', 'offset=-1', 'offset=1&offset=2'])('400: refuses %s', async (bad) => {
    expectProblem(await send(`${url()}?${bad}`), 400, 'invalid_request', bad.split('=')[0]!)
  })
})

describe('one webhook', () => {
  it('PATCH 200: changes what is given and leaves the rest; null clears the description', async () => {
    const { secret: _, ...webhook } = await create({ description: 'Old' })
    const changed = { url: 'https://two.example.com/', events: ['turn.failed', 'tool.call_requested'], enabled: false }
    expect((await patch(`${url()}/${webhook.id}`, changed)).body).toEqual({ ...webhook, ...changed, updated_at: expect.any(String) })
    expect((await patch(`${url()}/${webhook.id}`, { description: null })).body).toMatchObject({ ...changed, description: null })
  })

  it.each(badSettings)('PATCH 400: refuses %s', async (_what, settings, path) => {
    const { secret: _, ...webhook } = await create()
    expectProblem(await patch<Problem>(`${url()}/${webhook.id}`, settings), 400, 'invalid_request', path)
    expect((await send(`${url()}/${webhook.id}`)).body).toEqual(webhook)
  })

  it('DELETE 204: it is like one that never was', async () => {
    const { id } = await create()
    expect((await remove(`${url()}/${id}`)).status).toBe(204)
    for (const answer of [await send(`${url()}/${id}`), await remove<Problem>(`${url()}/${id}`)]) expectProblem(answer, 404, 'webhook_not_found')
  })

  it('rotate-secret 200: shows the new one this once', async () => {
    const before = await create()
    const { body } = await post<WebhookWithSecret>(`${url()}/${before.id}/rotate-secret`, '')
    expect(body).toEqual({ ...before, secret: expect.stringMatching(/^whsec_/), updated_at: expect.any(String) })
    expect(body.secret).not.toBe(before.secret)
  })

  it('400, 404: a foreign one is like one that is not there, whatever is asked of it', async () => {
    const delivery = newId('delivery')
    const asks = [
      (id: string) => send(`${url()}/${id}`),
      (id: string) => patch<Problem>(`${url()}/${id}`, { enabled: false }),
      (id: string) => remove<Problem>(`${url()}/${id}`),
      (id: string) => post(`${url()}/${id}/rotate-secret`, ''),
      (id: string) => post(`${url()}/${id}/test`, ''),
      (id: string) => send(`${url()}/${id}/deliveries`),
      (id: string) => post(`${url()}/${id}/deliveries/${delivery}/redeliver`, ''),
    ]
    for (const ask of asks) {
      expectProblem(await ask('webhook_1'), 400, 'invalid_id', 'webhook_id')
      const [unknown, foreign] = await Promise.all(unknownIds().map(ask))
      expectProblem(unknown!, 404, 'webhook_not_found')
      const strip = (text: string) => text.replaceAll(/webhook_[0-9a-f]{32}/g, 'webhook')
      expect(strip(foreign!.text)).toBe(strip(unknown!.text))
    }
  })

  it('403: none of it without the scope admin', async () => {
    const services = { db: server.pool } as unknown as Parameters<typeof listWebhooks>[0] // refused before anything else is looked at
    const caller = { organization_id: seeded.organization_id, key_id: null, requests_per_minute: null, scopes: ['read', 'write'] as const, is_operator: false }
    const asks = [createWebhook(services, caller, { url: '', events: [], enabled: true }), listWebhooks(services, caller, { offset: 0, limit: 1 }), listDeliveries(services, caller, { webhook_id: foreignId, offset: 0, limit: 1 })]
    await Promise.all(asks.map((ask) => expect(ask).rejects.toMatchObject({ code: 'forbidden' })))
  })
})

describe('what comes of it', () => {
  const verify = (secret: string, { body, headers }: Received) => new Verifier(secret).verify(body, headers as Record<string, string>)
  const readLog = async (id: string, parameters = '') => (await send<{ data: WebhookDelivery[]; total: number }>(`${url()}/${id}/deliveries${parameters}`)).body

  async function settle(id: string, status: string): Promise<WebhookDelivery> {
    await expect.poll(() => readLog(id), { timeout: 20_000, interval: 20 }).toMatchObject({ data: [{ status }] })
    return (await readLog(id)).data[0]!
  }

  it('posts a turn’s end, logs that it failed, and posts it again when asked', async () => {
    receiver.answers.push(answerWith(500, {}, 'no, thank you'))
    const { id, secret } = await create({ url: receiver.url })
    const session = await createSession(server.url)
    await postMessage(server.url, session.id, textMessage('hello'))
    const failed = await settle(id, 'failed')
    expect(failed).toMatchObject({ webhook_id: id, session_id: session.id, event_type: 'turn.completed', attempts: 1, response_status: 500, response_excerpt: 'no, thank you', error: 'The receiver answered 500.', next_attempt_at: null })
    expect(await readLog(id, '?status=delivered')).toEqual({ data: [], total: 0, offset: 0, limit: 100 })
    expect(await readLog(id, '?status=failed&limit=1')).toEqual({ data: [failed], total: 1, offset: 0, limit: 1 })

    receiver.answers.push(answerWith(204))
    const redeliver = `${url()}/${id}/deliveries/${failed.id}/redeliver`
    expect((await post(redeliver, '')).body).toMatchObject({ id: failed.id, status: 'pending', attempts: 0, error: null })
    expect(await settle(id, 'delivered')).toMatchObject({ id: failed.id, attempts: 1, response_status: 204 })
    const own = receiver.received.filter(({ headers }) => headers['webhook-id'] === failed.id)
    expect(own).toHaveLength(2)
    expect(verify(secret, own[1]!)).toMatchObject({ type: 'turn.completed', data: { id: failed.event_id, session_id: session.id } })

    expectProblem(await post(`${url()}/${id}/deliveries/${newId('delivery')}/redeliver`, ''), 404, 'delivery_not_found')
    expectProblem(await post(`${url()}/${(await create()).id}/deliveries/${failed.id}/redeliver`, ''), 404, 'delivery_not_found')
    expectProblem(await post(`${url()}/${id}/deliveries/delivery_1/redeliver`, ''), 400, 'invalid_id', 'delivery_id')
    await patch(`${url()}/${id}`, { enabled: false })
    expectProblem(await post(redeliver, ''), 409, 'webhook_disabled')
    expect(server.logged.join('')).not.toContain(secret)
  })

  it.each(['status=lost', 'limit=0', 'offset=a'])('400: refuses a list of deliveries with %s', async (bad) => {
    expectProblem(await send(`${url()}/${(await create()).id}/deliveries?${bad}`), 400, 'invalid_request', bad.split('=')[0]!)
  })

  it('posts a test at once, and tells what came of it', async () => {
    const { id, secret } = await create({ url: receiver.url, enabled: false })
    const before = receiver.received.length
    expect((await post<WebhookTestResult>(`${url()}/${id}/test`, '')).body).toEqual({ delivered: true, response_status: 200, response_excerpt: null, error: null, duration_ms: expect.any(Number) })
    expect(verify(secret, receiver.received[before]!)).toMatchObject({ type: 'webhook.test', data: { webhook_id: id } })
    receiver.answers.push(answerWith(404))
    expect((await post(`${url()}/${id}/test`, '')).body).toMatchObject({ delivered: false, response_status: 404, error: 'The receiver answered 404.' })
    expect(await readLog(id)).toMatchObject({ data: [], total: 0 })
  })
})

it('tRPC has the same', async () => {
  const { id, secret } = (await mutate<WebhookWithSecret>(server.url, 'webhooks.create', good)).body.result!.data
  expect((await query<{ data: Webhook[] }>(server.url, 'webhooks.list')).body.result!.data.data.map((webhook) => webhook.id)).toContain(id)
  expect((await mutate<Webhook>(server.url, 'webhooks.update', { webhook_id: id, enabled: false })).body.result!.data).toMatchObject({ enabled: false })
  expect((await mutate<WebhookWithSecret>(server.url, 'webhooks.rotateSecret', { webhook_id: id })).body.result!.data.secret).not.toBe(secret)
  expect((await query<{ total: number }>(server.url, 'webhooks.deliveries', { webhook_id: id })).body.result!.data).toMatchObject({ total: 0 })
  expect((await mutate(server.url, 'webhooks.redeliver', { webhook_id: id, delivery_id: newId('delivery') })).body.error!.data.httpStatus).toBe(409)
  await mutate(server.url, 'webhooks.delete', { webhook_id: id })
  expect((await query(server.url, 'webhooks.get', { webhook_id: id })).body.error!.data.httpStatus).toBe(404)
  expect((await mutate(server.url, 'webhooks.create', { ...good, events: ['x'] })).body.error!.data).toMatchObject({ httpStatus: 400, errors: [{ path: 'events[0]' }] })
})
