import { Webhook as Verifier } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Event } from '@reprise/contract'
import { replaceWebhookSecrets, readWebhookSecrets, updateWebhook } from '@reprise/store'
import type { DeliveryTerms } from '../../src/webhooks/delivery-terms.ts'
import { rotateWebhookSecret } from '../../src/webhooks/webhook-secrets.ts'
import { openEngineFixture, script, type EngineFixture, type EngineProcess } from '../support/engine-fixture.ts'
import { answerWith, cutConnection, hang, startReceiver, type Received, type Receiver } from './receiver.ts'
import { createWebhook, expectDelivery, readBack, readLog, ring, secretKey } from './webhook-rows.ts'

const hasty: Partial<DeliveryTerms> = { timeoutMs: 500, retryDelaysMs: [1, 1], pauseBaseMs: 1, pauseMsMax: 1 }

let fixture: EngineFixture
let process: EngineProcess
let receiver: Receiver
/** Never answers. */
let silent: Receiver
beforeAll(async () => {
  fixture = await openEngineFixture()
  receiver = await startReceiver()
  silent = await startReceiver()
  process = await startProcess()
  await process.engine.startBackground()
})
afterAll(async () => {
  await fixture.close()
  await receiver.close()
  await silent.close()
})
beforeEach(() => {
  receiver.answers.length = 0
})
afterEach(async () => {
  await fixture.pool.query('DELETE FROM webhooks')
  await fixture.pool.query('DELETE FROM webhook_deliveries')
  receiver.received.length = 0
})

const startProcess = () => fixture.startProcess({ egressAllow: [receiver.address, silent.address], secretKeys: [secretKey], deliveryTerms: hasty })
const verify = (secret: string, { body, headers }: Received) => new Verifier(secret).verify(body, headers as Record<string, string>) as { type: string; timestamp: string; data: Event }

async function run(steps: object[] = [{ text: 'Done.' }], until = 'session.idled', at = process, tools: object[] = []): Promise<{ sessionId: string; events: Event[] }> {
  const sessionId = await fixture.createSession({ tools: tools as never }) // as the wire has them
  await at.engine.acceptMessage(fixture.message(sessionId, script(steps)))
  return { sessionId, events: await fixture.eventsUntil(at, sessionId, until) }
}

test.each([
  ['turn.completed', [{ text: 'Done.' }], []],
  ['turn.failed', [{ fail: { kind: '400', times: 1 } }], []],
  ['tool.call_requested', [{ tool_calls: [{ name: 'ask', arguments: { about: 'é' } }] }], [{ type: 'client_side', name: 'ask', description: '', parameters: { type: 'object' } }]],
  ['tool.approval_requested', [{ tool_calls: [{ name: 'ask', arguments: {} }] }], [{ type: 'client_side', name: 'ask', description: '', parameters: { type: 'object' }, requires_approval: true }]],
])('%s is told as it stands in the session, signed by the webhook’s own secret', async (type, steps, tools) => {
  const webhook = await createWebhook(fixture.pool, receiver.url)
  const { events } = await run(steps, type, process, tools)
  const [call] = await receiver.until(1)
  const event = events.find((candidate) => candidate.type === type)!
  expect(verify(webhook.secret, call!)).toEqual({ type, timestamp: event.ts, data: event })
  const delivery = await expectDelivery(fixture.pool, webhook, { status: 'delivered', attempts: 1, response_status: 200, error: null, next_attempt_at: null })
  expect(delivery).toMatchObject({ event_id: event.id, event_type: type, event_sequence: event.sequence, session_id: event.session_id })
  expect(call!.headers['webhook-id']).toBe(delivery.id)
})

test('W5: one that is refused, or cut off, is told again under the same id, signed anew', async () => {
  const webhook = await createWebhook(fixture.pool, receiver.url)
  receiver.answers.push(answerWith(500), cutConnection)
  await run()
  const calls = await receiver.until(3)
  expect(new Set(calls.map((call) => call.headers['webhook-id'])).size).toBe(1)
  for (const call of calls) expect(verify(webhook.secret, call).type).toBe('turn.completed')
  await expectDelivery(fixture.pool, webhook, { status: 'delivered', attempts: 3 })
  expect(await readBack(fixture.pool, webhook)).toMatchObject({ failing_since: null, enabled: true })
})

test('what never comes through has failed after its last attempt, and says why', async () => {
  const webhook = await createWebhook(fixture.pool, receiver.url)
  receiver.answers.push(answerWith(500), answerWith(500), answerWith(503, {}, 'over\0loaded'))
  await run()
  await expectDelivery(fixture.pool, webhook, { status: 'failed', attempts: 3, response_status: 503, response_excerpt: 'over\uFFFDloaded', error: 'The receiver answered 503.', next_attempt_at: null })
  expect(await readBack(fixture.pool, webhook)).toMatchObject({ failing_since: expect.any(String), enabled: true })
})

test('what a process committed just before it stopped is told by another', async () => {
  const webhook = await createWebhook(fixture.pool, receiver.url)
  const doomed = await fixture.startProcess({ deliveryTerms: { gatherMs: 60_000 } })
  await run(undefined, undefined, doomed)
  await doomed.stop()
  expect(await readLog(fixture.pool, webhook)).toMatchObject([{ status: 'pending', attempts: 0 }])
  const other = await startProcess()
  await other.engine.startBackground()
  await expectDelivery(fixture.pool, webhook, { status: 'delivered' })
  await other.stop()
})

test('W5: an attempt whose process died is made again', async () => {
  const webhook = await createWebhook(fixture.pool, receiver.url, { enabled: false })
  const { pool } = fixture
  await updateWebhook(pool, { ...webhook, enabled: true })
  await pool.query(`UPDATE webhooks SET delivering_until = now() + interval '1 hour'`)
  await run()
  await expect.poll(() => readLog(pool, webhook)).toHaveLength(1)
  // As the dead process left it: counted, held, and the hold is over.
  await pool.query(`UPDATE webhook_deliveries SET attempts = 1, next_attempt_at = now() - interval '1 second'`)
  await pool.query(`UPDATE webhooks SET delivering_until = now() - interval '1 second'`)
  await process.engine.orderDueDeliveries(webhook.organization_id)
  await expectDelivery(pool, webhook, { status: 'delivered', attempts: 2 })
})

test('what is to be told again later is ordered for then', async () => {
  const webhook = await createWebhook(fixture.pool, receiver.url)
  await fixture.pool.query(`UPDATE webhooks SET delivering_until = now() + interval '1 hour'`)
  await run()
  const [recorded] = await readLog(fixture.pool, webhook)
  await fixture.pool.query(`UPDATE webhook_deliveries SET next_attempt_at = now() + interval '1 second'`)
  await fixture.pool.query(`UPDATE webhooks SET delivering_until = NULL`)
  await process.engine.orderDueDeliveries(webhook.organization_id)
  expect(await readLog(fixture.pool, webhook)).toMatchObject([{ id: recorded!.id, status: 'pending', attempts: 0 }])
  await expectDelivery(fixture.pool, webhook, { status: 'delivered', attempts: 1 })
})

test('W4: receivers that hang do not hold up another, nor the end of the process', async () => {
  const patient = await openEngineFixture()
  const { engine, ...own } = await patient.startProcess({ egressAllow: [receiver.address, silent.address], secretKeys: [secretKey], deliveryTerms: { timeoutMs: 600_000 } })
  await engine.startBackground()
  silent.answers.push(...Array.from({ length: 7 }, () => hang))
  const hanging = await Promise.all(Array.from({ length: 7 }, () => createWebhook(patient.pool, silent.url)))
  const post = async () => engine.acceptMessage(patient.message(await patient.createSession(), script([{ text: 'Done.' }])))
  await post()
  await silent.until(7)
  const webhook = await createWebhook(patient.pool, receiver.url)
  await post()
  await expectDelivery(patient.pool, webhook, { status: 'delivered' })
  await own.stop()
  const log = await readLog(patient.pool, hanging[0]!)
  expect(log.at(-1)).toMatchObject({ status: 'pending', attempts: 1, error: 'The server was stopped before the receiver answered.' })
  await patient.close()
})

test('410 ends the delivery and disables the webhook, and nothing is recorded for it any more', async () => {
  const webhook = await createWebhook(fixture.pool, receiver.url)
  receiver.answers.push(answerWith(410))
  await run()
  await expectDelivery(fixture.pool, webhook, { status: 'failed', attempts: 1, response_status: 410 })
  expect(await readBack(fixture.pool, webhook)).toMatchObject({ enabled: false, disabled_reason: 'The receiver answered 410: it is gone.' })
  await run()
  expect(await readLog(fixture.pool, webhook)).toHaveLength(1)
})

test('a webhook to which nothing has come through for days is disabled, and says since when', async () => {
  const webhook = await createWebhook(fixture.pool, receiver.url)
  await fixture.pool.query(`UPDATE webhooks SET failures = 10, failing_since = '2020-01-02T03:04:05Z'`)
  receiver.answers.push(answerWith(500))
  await run()
  await expect.poll(() => readBack(fixture.pool, webhook), { timeout: 20_000 }).toMatchObject({ enabled: false, disabled_reason: 'No delivery has come through since 2020-01-02 03:04 UTC.' })
  // Enabled again, it is told of what has waited.
  await updateWebhook(fixture.pool, { ...webhook, enabled: true })
  await process.engine.orderDueDeliveries(webhook.organization_id)
  await expectDelivery(fixture.pool, webhook, { status: 'delivered' })
  expect(await readBack(fixture.pool, webhook)).toMatchObject({ enabled: true, disabled_reason: null, failing_since: null })
})

test('a redirect is not followed, and an inward place is not called', async () => {
  receiver.answers.push(answerWith(307, { location: silent.url }))
  const redirected = await createWebhook(fixture.pool, receiver.url, { events: ['turn.completed'] })
  const inward = await Promise.all(['http://127.0.0.1:1/hook', 'https://169.254.169.254/latest', 'https://localhost/hook'].map((url) => createWebhook(fixture.pool, url)))
  const before = silent.received.length
  await run()
  await expectDelivery(fixture.pool, redirected, { status: 'delivered', attempts: 2 })
  for (const webhook of inward) await expectDelivery(fixture.pool, webhook, { status: 'failed', response_status: null, error: expect.stringContaining('refused') })
  expect(silent.received).toHaveLength(before)
})

test('for a day after a change of the secret, the one before signs too', async () => {
  const { pool } = fixture
  const webhook = await createWebhook(pool, receiver.url)
  const before = await readWebhookSecrets(pool, webhook.organization_id, webhook.id)
  const { secret, sealed } = rotateWebhookSecret(ring, webhook, before!)
  await replaceWebhookSecrets(pool, webhook, sealed, before!)
  await run()
  const [call] = await receiver.until(1)
  for (const each of [webhook.secret, secret]) expect(verify(each, call!).type).toBe('turn.completed')
})

test('a deleted session’s events are told to nobody', async () => {
  const { pool } = fixture
  const webhook = await createWebhook(pool, receiver.url)
  await pool.query(`UPDATE webhooks SET delivering_until = now() + interval '1 hour'`)
  const { sessionId } = await run()
  await pool.query('UPDATE session_heads SET deleted_at = now() WHERE session_id = $1', [sessionId])
  await pool.query('UPDATE webhooks SET delivering_until = NULL')
  await process.engine.orderDueDeliveries(webhook.organization_id)
  await expectDelivery(pool, webhook, { status: 'failed', error: 'The session was deleted.' })
  expect(receiver.received).toEqual([])
  expect(await readBack(pool, webhook)).toMatchObject({ failing_since: null })
})
