import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { keepWebhookSecret, seeded } from '@reprise/store'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openEngineFixture, script, type EngineFixture, type EngineProcess } from './support/engine-fixture.ts'

interface Call {
  headers: IncomingHttpHeaders
  body: string
}

let fixture: EngineFixture
let process: EngineProcess
let server: Server
let url: string
let calls: Call[] = []
/** The status of each answer, in turn; the last one goes on. */
let statuses: number[] = [200]
beforeAll(async () => {
  fixture = await openEngineFixture()
  server = createServer(async (request, response) => {
    calls.push({ headers: request.headers, body: await text(request) })
    response.writeHead(statuses[calls.length - 1] ?? statuses.at(-1)!, { 'content-type': 'application/json' }).end('{"result":"sent"}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const place = `127.0.0.1:${(server.address() as AddressInfo).port}`
  url = `http://${place}/send`
  process = await fixture.startProcess({ egressAllow: [place] })
})
afterAll(async () => {
  server.close()
  await fixture.close()
})
beforeEach(() => {
  calls = []
  statuses = [200]
})

async function send(effects: 'idempotent' | 'at_most_once', to = url) {
  const sessionId = await fixture.createSession({ tools: [{ type: 'webhook', name: 'send', description: '', parameters: { type: 'object' }, url: to, effects }] })
  await process.engine.acceptMessage(fixture.message(sessionId, script([{ tool_calls: [{ name: 'send', arguments: { to: 'you' } }] }, { text: 'Sent.' }])))
  const events = await fixture.eventsUntil(process, sessionId, 'turn.completed')
  return events.find((event) => event.type === 'tool.completed')!.data
}

test('a webhook is called with what it can verify, and its answer is the tool’s', async () => {
  expect(await send('idempotent')).toMatchObject({ success: true, result: 'sent' })
  const secret = await keepWebhookSecret(fixture.pool, seeded.organization_id)
  const verified = new Webhook(secret).verify(calls[0]!.body, calls[0]!.headers as Record<string, string>)
  expect(verified).toMatchObject({ type: 'tool.call', data: { name: 'send', arguments: { to: 'you' }, attempt: 1 } })
})

test('one that fails for a while is called again under the same key', async () => {
  statuses = [500, 503, 200]
  expect(await send('idempotent')).toMatchObject({ success: true })
  expect(new Set(calls.map((call) => call.headers['idempotency-key'])).size).toBe(1)
  expect(calls).toHaveLength(3)
})

test('one that must run at most once is called once, and its outcome is unknown if it fails', async () => {
  statuses = [500]
  expect(await send('at_most_once')).toMatchObject({ success: false, status: 'outcome_unknown' })
  expect(calls).toHaveLength(1)
})

test('a place that is not open to callers is not called, and the model is told', async () => {
  expect(await send('idempotent', 'http://127.0.0.1:1/inward')).toMatchObject({ success: false, error: expect.stringContaining('refused') })
  expect(await send('idempotent', 'https://169.254.169.254/latest')).toMatchObject({ success: false, error: expect.stringContaining('not public') })
  expect(calls).toEqual([])
})
