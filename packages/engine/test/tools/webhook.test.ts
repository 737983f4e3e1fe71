import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { ToolFault } from '../../src/tools/tool.ts'
import { failureOf, findClosedPort, openEgress, startLoopback, startSockets, type Received } from '../egress/loopback.ts'
import { toolContext } from './tool-context.ts'
import { openWebhook, signingSecret } from './webhook-fixture.ts'

function verify({ body, headers }: Received): unknown {
  return new Webhook(signingSecret).verify(body, headers as Record<string, string>) // none of those that it reads occurs twice
}

describe('a webhook tool', () => {
  it('is what its definition says, with parameters that are an object', () => {
    const properties = { seats: { type: 'integer' } }
    expect(openWebhook('http://localhost:1/', {}, { parameters: { properties } })).toMatchObject({
      name: 'book',
      description: 'Books a table.',
      parameters: { type: 'object', properties },
      effects: 'at_most_once',
    })
  })

  it('posts its call, signed so that Standard Webhooks verifies it', async () => {
    const server = await startLoopback(({ response }) => void response.writeHead(204).end())
    await openWebhook(`${server.url}/hooks?a=b`).run({ seats: 2, name: 'Zoë' }, toolContext({ attempt: 3 }))
    const [received] = server.received
    expect(received).toMatchObject({
      method: 'POST',
      path: '/hooks?a=b',
      headers: { 'content-type': 'application/json', 'user-agent': 'reprise', 'webhook-id': 'turn_1:call_1', 'idempotency-key': 'turn_1:call_1' },
    })
    expect(received && verify(received)).toEqual({
      type: 'tool.call',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      data: { tool_call_id: 'call_1', name: 'book', arguments: { seats: 2, name: 'Zoë' }, session_id: 'sess_1', turn_id: 'turn_1', organization_id: 'org_1', attempt: 3 },
    })
    expect(() => received && verify({ ...received, body: received.body.replace('2', '3') })).toThrow('No matching signature')
  })

  it('sends the same key with every attempt, and one request per run', async () => {
    const server = await startLoopback(({ response }) => void response.writeHead(503).end())
    const tool = openWebhook(server.url)
    for (const attempt of [1, 2]) await failureOf(tool.run({}, toolContext({ attempt })))
    expect(server.received.map(({ headers }) => [headers['idempotency-key'], headers['webhook-id']])).toEqual([
      ['turn_1:call_1', 'turn_1:call_1'],
      ['turn_1:call_1', 'turn_1:call_1'],
    ])
    for (const received of server.received) verify(received)
  })

  it.each([
    ['turn_1:a.b%c', 'turn_1:a%2Eb%25c'],
    ['turn_1:ä 😀', 'turn_1:%C3%A4%20%F0%9F%98%80'],
    ['turn_1:x\r\nx-injected: y\0', 'turn_1:x%0D%0Ax-injected:%20y%00'],
  ])('writes a key of any text, %j, as a header can hold it', async (idempotency_key, header) => {
    const server = await startLoopback()
    await openWebhook(server.url).run({}, toolContext({ idempotency_key }))
    expect(server.received[0]?.headers).toMatchObject({ 'idempotency-key': header, 'webhook-id': header })
    expect(server.received[0]?.headers).not.toHaveProperty('x-injected')
    expect(server.received[0] && verify(server.received[0])).toMatchObject({ type: 'tool.call' })
  })

  it('does not take a secret that is none, and does not tell it', () => {
    expect(() => openWebhook('http://localhost:1/', { signing_secret: '' })).toThrow('Secret')
    expect(() => openWebhook('http://localhost:1/', { signing_secret: 'whsec_not*base64' })).toThrow(/^(?!.*not\*base64)/)
  })
})

describe('a webhook that cannot be called', () => {
  it('because the guard refuses it is an answer, not a fault', async () => {
    const outcome = await openWebhook('https://10.0.0.1/hook', { egress: openEgress() }).run({}, toolContext())
    expect(outcome).toEqual({ ok: false, error: expect.stringMatching(/^Requests to 10\.0\.0\.1 are refused: the address is not public/) })
  })

  it.each([
    ['nobody listens', async () => ({ url: `http://127.0.0.1:${await findClosedPort()}/` }), /could not be reached \(ECONNREFUSED\)/],
    ['its name is unknown', async () => ({ url: 'https://unknown.test/', egress: openEgress({ lookup: () => Promise.reject(new Error('no such name')) }) }), /unknown\.test could not be reached/],
    ['it speaks no TLS', async () => ({ url: (await startLoopback()).url.replace('http:', 'https:') }), /could not be reached/],
    ['its name is not found in time', async () => ({ url: 'https://slow.test/', timeoutMs: 50, egress: openEgress({ lookup: () => new Promise(() => {}) }) }), /could not be reached within 0\.05 s/],
  ])('because %s certainly did not run', async (_what, prepare, message) => {
    const { url, ...options } = await prepare()
    const fault = await failureOf(openWebhook(url, options).run({}, toolContext()))
    expect(fault).toBeInstanceOf(ToolFault)
    expect(fault).toMatchObject({ message: expect.stringMatching(message), retryable: true, mayHaveRun: false, retry_after_ms: null })
  })
})

describe('a webhook that was called', () => {
  it('and resets the connection may have run', async () => {
    const server = await startSockets((socket) => void socket.once('data', () => socket.resetAndDestroy()))
    const fault = await failureOf(openWebhook(server.url).run({}, toolContext()))
    expect(fault).toBeInstanceOf(ToolFault)
    expect(fault).toMatchObject({ message: `the connection to ${server.place} broke (ECONNRESET)`, retryable: true, mayHaveRun: true })
  })

  it('and does not answer in time may have run', async () => {
    const server = await startLoopback(() => {})
    const fault = await failureOf(openWebhook(server.url, { timeoutMs: 100 }).run({}, toolContext()))
    expect(fault).toBeInstanceOf(ToolFault)
    expect(fault).toMatchObject({ message: `${server.place} did not answer within 0.1 s`, retryable: true, mayHaveRun: true })
    expect(server.received).toHaveLength(1)
  })

  it('and breaks off in the middle of its answer may have run', async () => {
    const server = await startSockets((socket) => void socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"a":')))
    const fault = await failureOf(openWebhook(server.url).run({}, toolContext()))
    expect(fault).toMatchObject({ name: 'ToolFault', retryable: true, mayHaveRun: true })
  })

  it('is left at once, with the reason, when the turn stops', async () => {
    const reason = new Error('the turn was cancelled')
    const abort = new AbortController()
    const server = await startLoopback(() => abort.abort(reason))
    expect(await failureOf(openWebhook(server.url).run({}, toolContext({ signal: abort.signal })))).toBe(reason)
    await expect.poll(() => server.sockets[0]?.destroyed).toBe(true)
  })

  it('tells no secret in its faults', async () => {
    const url = `http://127.0.0.1:${await findClosedPort()}/token-of-the-path?key=token-of-the-query`
    const fault = await failureOf(openWebhook(url).run({ pin: 'token-of-the-arguments' }, toolContext()))
    const told: string[] = []
    for (let inner = fault; inner instanceof Error; inner = inner.cause) told.push(inner.message, JSON.stringify(inner))
    expect(told.length).toBeGreaterThan(2)
    expect(told.join('\n')).not.toMatch(/token-of|whsec_|v1,/)
  })
})
