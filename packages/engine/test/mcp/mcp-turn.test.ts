import type { Event, McpServers } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { KeyRing } from '../../src/secrets/key-ring.ts'
import { sealMcpHeaders, type McpHeaders } from '../../src/secrets/mcp-headers.ts'
import { openEngineFixture, script, type EngineFixture, type EngineProcess } from '../support/engine-fixture.ts'
import { startMcpServer, type McpTestServer } from './mcp-server.ts'

const secret = 'Bearer a-token-that-nobody-may-see'
const token = 'a-token-that-nobody-may-see'

/** A png of one pixel. */
const pixelBase64 = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const secretKey = new Uint8Array(32).fill(1)
const seal = (headers: McpHeaders) => sealMcpHeaders(new KeyRing([secretKey]), headers, seeded.organization_id)

let fixture: EngineFixture
let process: EngineProcess
let server: McpTestServer
let stateless: McpTestServer
const logged: string[] = []
const write = (fields: object, message: string) => void logged.push(JSON.stringify([message, fields, String((fields as { err?: unknown }).err)]))
const log = { info: write, warn: write, error: write }
/** Runs of the tool that may run only once, and of the one that may be repeated. */
let runs: string[] = []
let hold: Promise<void> | null = null
let cancelled: string[] = []

beforeAll(async () => {
  fixture = await openEngineFixture()
  const offer: Parameters<typeof startMcpServer>[0] = (mcp) => {
    mcp.registerTool('add', { description: 'Adds.', inputSchema: { a: z.number(), b: z.number() }, outputSchema: { sum: z.number() }, annotations: { readOnlyHint: true } }, ({ a, b }) => ({
      content: [{ type: 'text', text: String(a + b) }],
      structuredContent: { sum: a + b },
    }))
    mcp.registerTool('whoami', { annotations: { readOnlyHint: true } }, ({ requestInfo }) => ({ content: [{ type: 'text', text: `You sent ${String(requestInfo?.headers['authorization'])}` }] }))
    mcp.registerTool('fail', { annotations: { readOnlyHint: true } }, () => ({ isError: true, content: [{ type: 'text', text: 'no such file' }] }))
    mcp.registerTool('draw', { annotations: { readOnlyHint: true } }, () => ({ content: [{ type: 'text', text: 'Here.' }, { type: 'image', data: pixelBase64, mimeType: 'image/png' }] }))
    for (const name of ['once', 'again']) {
      mcp.registerTool(name, { annotations: { idempotentHint: name === 'again' } }, async ({ signal, sendNotification, _meta }) => {
        runs.push(name)
        signal.addEventListener('abort', () => cancelled.push(name))
        const progressToken = _meta?.progressToken
        if (progressToken !== undefined) await sendNotification({ method: 'notifications/progress', params: { progressToken, progress: 1, total: 3, message: 'a third' } })
        await hold
        return { content: [{ type: 'text', text: `${name} ${runs.length}` }] }
      })
    }
  }
  server = await startMcpServer(offer)
  stateless = await startMcpServer(offer, { isStateless: true })
  process = await fixture.startProcess(options())
})
afterAll(async () => {
  await fixture.close()
  await server.close()
  await stateless.close()
})
beforeEach(() => {
  runs = []
  hold = null
  cancelled = []
})

const options = () => ({ log, secretKeys: [secretKey], egressAllow: [server.place, stateless.place], mcpTimes: { backoffMs: 50, listMsMax: 60_000 } })
const found = (events: Event[], type: string) => events.filter((event) => event.type === type).map((event) => event.data)

async function createSession(mcpServers: McpServers): Promise<string> {
  return await fixture.createSession({ mcpServers })
}

async function start(sessionId: string, tool: string, args: object = {}, on = process): Promise<void> {
  const accepted = await on.engine.acceptMessage(fixture.message(sessionId, script([{ tool_calls: [{ name: tool, arguments: args }] }, { text: 'Done.' }])))
  expect(accepted.outcome).toBe('stored')
}

async function call(mcpServers: McpServers, tool: string, args: object = {}): Promise<Event['data']> {
  const sessionId = await createSession(mcpServers)
  await start(sessionId, tool, args)
  const [completed] = found(await fixture.eventsUntil(process, sessionId, 'turn.completed'), 'tool.completed')
  return completed!
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(5)
}

describe.each([
  ['with sessions', () => server],
  ['without sessions', () => stateless],
])('a server %s', (_name, of) => {
  test('lists its tools, and what they answer is the tool’s result: structured, a text, parts, or an error', async () => {
    const servers = { math: { url: of().url } }
    expect(await call(servers, 'math__add', { a: 2, b: 3 })).toMatchObject({ success: true, result: { sum: 5 } })
    expect(await call(servers, 'math__whoami')).toMatchObject({ success: true, result: 'You sent undefined' })
    expect(await call(servers, 'math__draw')).toMatchObject({ success: true, result: [{ type: 'text' }, { type: 'image', image: 1 }], images: [{ media_type: 'image/png' }] })
    expect(await call(servers, 'math__fail')).toMatchObject({ success: false, error: 'no such file' })
  })
})

test('the tools of a server can be fewer than it lists, and a call of another is an error', async () => {
  const servers = { math: { url: server.url, tools: ['add'] } }
  expect(await call(servers, 'math__add', { a: 1, b: 1 })).toMatchObject({ success: true })
  expect(await call(servers, 'math__fail')).toMatchObject({ success: false, error: 'There is no tool named math__fail.' })
})

test('turns share one session with a server', async () => {
  const servers = { shared: { url: server.url } }
  await call(servers, 'shared__again')
  const { size } = server.sessions
  await Promise.all([call(servers, 'shared__again'), call(servers, 'shared__again')])
  expect(server.sessions.size).toBe(size)
})

test('progress of a call is told to those who watch', async () => {
  const sessionId = await createSession({ s: { url: server.url } })
  await start(sessionId, 's__again')
  expect(found(await fixture.eventsUntil(process, sessionId, 'turn.completed'), 'tool.progress')).toMatchObject([{ tool_name: 's__again', message: 'a third' }])
})

test('a session that the server has forgotten is opened anew, also for a tool that must run at most once', async () => {
  const servers = { s: { url: server.url } }
  await call(servers, 's__once')
  server.forget()
  expect(await call(servers, 's__once')).toMatchObject({ success: true, result: 'once 2' })
})

test('a cancelled turn tells the server, which stops', async () => {
  const held = Promise.withResolvers<void>()
  hold = held.promise
  const sessionId = await createSession({ s: { url: server.url } })
  await start(sessionId, 's__again')
  await until(() => runs.length === 1)
  await process.engine.cancelTurns({ organization_id: seeded.organization_id, session_id: sessionId, scope: 'all' })
  await fixture.eventsUntil(process, sessionId, 'turn.cancelled')
  await until(() => cancelled.length === 1)
  expect(cancelled).toEqual(['again'])
  held.resolve()
})

describe('a call that was under way when its process was stopped', () => {
  async function leaveMidway(tool: string): Promise<string> {
    const held = Promise.withResolvers<void>()
    hold = held.promise
    const first = await fixture.startProcess({ ...options(), graceMs: 0 })
    const sessionId = await createSession({ s: { url: server.url } })
    await start(sessionId, tool, {}, first)
    await until(() => runs.length === 1)
    hold = null
    await first.stop()
    held.resolve()
    return sessionId
  }

  test('is made again where the server says that it may be', async () => {
    const sessionId = await leaveMidway('s__again')
    expect(found(await fixture.eventsUntil(process, sessionId, 'turn.completed'), 'tool.completed')).toMatchObject([{ success: true, result: 'again 2' }])
  })

  test('is not made again otherwise', async () => {
    const sessionId = await leaveMidway('s__once')
    expect(found(await fixture.eventsUntil(process, sessionId, 'turn.completed'), 'tool.completed')).toMatchObject([{ status: 'outcome_unknown' }])
    expect(runs).toEqual(['once'])
  })
})

test('a call that was under way may have run, also when its server is gone by the time the turn is taken up', async () => {
  const held = Promise.withResolvers<void>()
  hold = held.promise
  const shortLived = await startMcpServer((mcp) => {
    mcp.registerTool('again', { annotations: { idempotentHint: true } }, async () => {
      runs.push('again')
      await hold
      return { content: [] }
    })
  })
  const first = await fixture.startProcess({ ...options(), egressAllow: [shortLived.place], graceMs: 0 })
  const sessionId = await createSession({ s: { url: shortLived.url } })
  await start(sessionId, 's__again', {}, first)
  await until(() => runs.length === 1)
  await shortLived.close()
  await first.stop()
  held.resolve()
  expect(found(await fixture.eventsUntil(process, sessionId, 'turn.completed'), 'tool.completed')).toMatchObject([{ status: 'outcome_unknown' }])
})

test('a session replaces its agent’s servers when it has some, and has the agent’s otherwise', async () => {
  await fixture.pool.query(`UPDATE agents SET mcp_servers = $1, mcp_headers_sealed = $2`, [
    JSON.stringify({ a: { url: server.url, headers: { Authorization: '***' } } }),
    seal({ a: { url: server.url, headers: { Authorization: secret } } }),
  ])
  try {
    expect(await call({}, 'a__whoami')).toMatchObject({ success: true, result: 'You sent ***' })
    expect(await call({ b: { url: server.url } }, 'b__whoami')).toMatchObject({ success: true, result: 'You sent undefined' })
    expect(await call({ b: { url: server.url } }, 'a__whoami')).toMatchObject({ success: false })
  } finally {
    await fixture.pool.query(`UPDATE agents SET mcp_servers = '{}', mcp_headers_sealed = NULL`)
  }
})

test('a tool whose definition says so is repeated or not, whatever its server says', async () => {
  const sessionId = await createSession({ s: { url: server.url, effects: 'at_most_once', timeout_ms: 100 } })
  const held = Promise.withResolvers<void>()
  hold = held.promise
  await start(sessionId, 's__again')
  expect(found(await fixture.eventsUntil(process, sessionId, 'turn.completed'), 'tool.completed')).toMatchObject([{ status: 'outcome_unknown' }])
  held.resolve()
})

test('headers reach the server, and nothing else: no event, definition or line of the log has them', async () => {
  const mcpServers: McpServers = { s: { url: server.url, headers: { Authorization: '***' } } }
  const mcp_headers_sealed = seal({ s: { url: server.url, headers: { Authorization: secret } } })
  const sessionId = await fixture.createSession({ mcpServers, mcp_headers_sealed })
  await start(sessionId, 's__whoami')
  const events = await fixture.eventsUntil(process, sessionId, 'turn.completed')
  expect(server.requests.some(({ headers }) => headers.authorization === secret)).toBe(true)
  expect(found(events, 'tool.completed')).toMatchObject([{ success: true, result: 'You sent ***' }])
  const { rows } = await fixture.pool.query('SELECT definition::text FROM definitions UNION ALL SELECT events::text FROM journal UNION ALL SELECT content::text FROM messages')
  expect(JSON.stringify(rows)).toContain('s__whoami')
  expect(JSON.stringify([rows, events, logged])).not.toContain(token)
})

test('a header does not go to another url than the one it was given with', async () => {
  const mcpServers: McpServers = { s: { url: stateless.url, headers: { Authorization: '***' } } }
  const mcp_headers_sealed = seal({ s: { url: server.url, headers: { Authorization: secret } } })
  const sessionId = await fixture.createSession({ mcpServers, mcp_headers_sealed })
  await start(sessionId, 's__whoami')
  expect(found(await fixture.eventsUntil(process, sessionId, 'turn.completed'), 'tool.completed')).toMatchObject([{ success: false, error: expect.stringContaining('other headers') }])
  expect(stateless.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(false)
})

test('headers that were sealed with another key cost a turn their server, and nothing else', async () => {
  const mcpServers: McpServers = { s: { url: server.url, headers: { Authorization: '***' } } }
  const mcp_headers_sealed = sealMcpHeaders(new KeyRing([new Uint8Array(32).fill(2)]), { s: { url: server.url, headers: { Authorization: secret } } }, seeded.organization_id)
  const sessionId = await fixture.createSession({ mcpServers, mcp_headers_sealed })
  await start(sessionId, 's__whoami')
  expect(found(await fixture.eventsUntil(process, sessionId, 'turn.completed'), 'tool.completed')).toMatchObject([{ success: false, error: expect.stringContaining('headers that cannot be read') }])
})
