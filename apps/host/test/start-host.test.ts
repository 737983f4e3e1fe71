import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts'
import { readConfig } from '../src/config.ts'
import { createLogOn } from '../src/log.ts'
import { startHost, type Host } from '../src/start-host.ts'
import { followUntil } from './support/follow-session.ts'
import { createSession, postScript } from './support/post-message.ts'

let database: TestDatabase
let lines: Record<string, unknown>[]

function start(): Promise<Host> {
  const log = createLogOn({ write: (line) => lines.push(JSON.parse(line)) }, 'debug')
  return startHost(readConfig({ PORT: '0', DATABASE_URL: database.connectionString }), log)
}

beforeEach(async () => {
  database = await createTestDatabase()
  lines = []
})

afterEach(async () => {
  await database.drop()
})

test('stopping lets a request in flight be answered and tells the streams, and may be asked for twice', async () => {
  const host = await start()
  const sessionId = await createSession(host.address)
  const stream = await fetch(`${host.address}/v1/sessions/${sessionId}/sse`)
  const streamed = stream.text()
  const waiting = postScript(host.address, sessionId, [{ text: 'late', ttft_ms: 60_000 }], '?wait=true')
  await followUntil(host.address, sessionId, ({ type }) => type === 'reason.started')

  await Promise.all([host.stop(), host.stop()])
  expect(await waiting).toMatchObject({ message: { session_id: sessionId }, answer: null, turn_status: 'running' })
  expect((await streamed).trimEnd().split('\n\n').at(-1)).toMatch(/^event: disconnecting\ndata: \{"reason":"shutting_down"/)
  await expect(fetch(`${host.address}/healthz`)).rejects.toThrow()
})

test('what one server leaves unfinished, the next one on the database finishes', async () => {
  const first = await start()
  const sessionId = await createSession(first.address)
  await postScript(first.address, sessionId, [{ text: 'done', ttft_ms: 3_500 }])
  await followUntil(first.address, sessionId, ({ type }) => type === 'reason.started')
  await first.stop()
  const second = await start()
  const events = await followUntil(second.address, sessionId, ({ type }) => type === 'session.idled')
  expect(events.map(({ type }) => type)).toContain('turn.completed')
  await second.stop()
})

test('a request is one line with its id, route, status and time: at debug if it went well, louder if not', async () => {
  const host = await start()
  const headers = { 'x-request-id': 'seen-in-the-log', authorization: 'hunter2' }
  await fetch(`${host.address}/v1/sessions/${host.quickstartSessionId}?secret=hunter2`, { headers })
  await fetch(`${host.address}/v1/sessions/sess_00000000000000000000000000000000`)
  await fetch(`${host.address}/nowhere`)
  await followUntil(host.address, host.quickstartSessionId, ({ type }) => type === 'session.started')
  const impatient = AbortSignal.timeout(100)
  await postScript(host.address, host.quickstartSessionId, [{ text: 'late', ttft_ms: 300 }], '?wait=true', impatient).catch(() => {})
  // The server hears of it a moment later; stopping before that would answer the request instead.
  await vi.waitUntil(() => lines.some(({ msg }) => msg === 'request left by its client'), { timeout: 5_000 })
  await host.stop()
  expect(lines.filter(({ msg }) => msg === 'request')).toMatchObject([
    { level: 'debug', request_id: 'seen-in-the-log', method: 'GET', route: '/v1/sessions/:session_id', status: 200, ms: expect.any(Number), session_id: host.quickstartSessionId },
    { level: 'info', status: 404 },
    { level: 'info', status: 404, route: null },
    { level: 'debug', route: '/v1/sessions/:session_id/sse', status: 200 },
  ])
  expect(lines.find(({ msg }) => msg === 'request left by its client')).toMatchObject({ level: 'info', method: 'POST', status: null })
  expect(JSON.stringify(lines)).not.toContain('hunter2')
})

test('a server whose simulated model was deleted is ready all the same', async () => {
  const host = await start()
  const provider = await (await fetch(`${host.address}/v1/models`)).json() as { data: { id: string; provider_id: string }[] } // by its contract
  const [sim] = provider.data
  const headers = { 'content-type': 'application/json' }
  await fetch(`${host.address}/v1/providers/${sim!.provider_id}/models`, { method: 'POST', headers, body: '{"model":"sim","is_default":true}' })
  expect((await fetch(`${host.address}/v1/models/${sim!.id}`, { method: 'DELETE' })).status).toBe(204)
  expect((await fetch(`${host.address}/readyz`)).status).toBe(200)
  await host.stop()
})

test('a start that fails stops what it had started', async () => {
  const host = await start()
  const config = readConfig({ PORT: new URL(host.address).port, DATABASE_URL: database.connectionString })
  const log = createLogOn({ write: () => {} }, 'silent')
  await expect(startHost(config, log)).rejects.toThrow(/is in use/)
  expect(await (await fetch(`${host.address}/readyz`)).json()).toEqual({ status: 'ready', checks: { database: 'ok' } })
  await host.stop()
})

describe('with a key of a vendor in the environment', () => {
  const keyed = (settings: Record<string, string>) => {
    const log = createLogOn({ write: (line) => lines.push(JSON.parse(line)) }, 'debug')
    return startHost(readConfig({ PORT: '0', DATABASE_URL: database.connectionString, ...settings }), log)
  }

  test('its model answers from then on, and the start says so without the key', async () => {
    const plain = await start()
    expect(plain.defaultModel).toMatch(/^Simulated model .*OPENAI_API_KEY/)
    await plain.stop()

    const host = await keyed({ OPENAI_API_KEY: 'sk-hunter2', ANTHROPIC_API_KEY: 'sk-hunter2' })
    expect(host.defaultModel).toBe('GPT-6.1 Sol of OpenAI, with the key in OPENAI_API_KEY')
    const { data } = (await (await fetch(`${host.address}/v1/models`)).json()) as { data: { provider_type: string; is_default: boolean }[] }
    expect(data.filter(({ is_default }) => is_default)).toMatchObject([{ provider_type: 'openai' }])
    expect(data.map(({ provider_type }) => provider_type).toSorted()).toEqual(['anthropic', 'openai', 'sim'])
    await host.stop()

    const keyless = await start()
    expect(keyless.defaultModel).toMatch(/^GPT-6.1 Sol of OpenAI, which has no key: start with OPENAI_API_KEY/)
    await keyless.stop()
    expect(JSON.stringify(lines)).not.toContain('hunter2')
  })

  test('a stored key outlives a change of the secret key', async () => {
    const [first, second] = ['01'.repeat(32), '02'.repeat(32)]
    const host = await keyed({ REPRISE_SECRET_KEY: first, ANTHROPIC_API_KEY: 'sk-x' })
    const { data } = (await (await fetch(`${host.address}/v1/providers`)).json()) as { data: { id: string; provider_type: string }[] }
    const { id } = data.find(({ provider_type }) => provider_type === 'anthropic')!
    const body = JSON.stringify({ api_key: 'sk-hunter2' })
    expect((await fetch(`${host.address}/v1/providers/${id}`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body })).status).toBe(200)
    await host.stop()
    await (await keyed({ REPRISE_SECRET_KEY: second, REPRISE_SECRET_KEY_PREVIOUS: first })).stop()
    expect(lines).toContainEqual(expect.objectContaining({ renewed: 1, unreadable: 0 }))
    const last = await keyed({ REPRISE_SECRET_KEY: second })
    expect(last.defaultModel).toBe('Claude Sonnet 5.5 of Anthropic, with the key that is stored')
    await last.stop()
    await (await keyed({ REPRISE_SECRET_KEY: first })).stop()
    expect(lines).toContainEqual(expect.objectContaining({ renewed: 0, unreadable: 1 }))
  })
})
