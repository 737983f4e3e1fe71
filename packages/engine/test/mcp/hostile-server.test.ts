import { createCompute } from '@reprise/compute'
import type { McpServer } from '@reprise/contract'
import type { Database, TurnDefinition } from '@reprise/store'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import type { ToolFault } from '../../src/tools/tool.ts'
import { KeyRing } from '../../src/secrets/key-ring.ts'
import { McpTools, type McpToolSet } from '../../src/tools/mcp/mcp-tools.ts'
import { failureOf, findClosedPort, openEgress } from '../egress/loopback.ts'
import { toolContext } from '../tools/tool-context.ts'
import { startRawServer, type RawServer } from './raw-server.ts'

const never = new AbortController().signal
/** No turn here has headers, so nothing is read. */
const noDatabase = {} as Database
const compute = createCompute({ threads: 1 })
afterAll(() => compute.stop())

interface Chosen extends McpToolSet {
  logged: object[]
  again(): Promise<McpToolSet>
}

async function choose(servers: Record<string, McpServer>, places: string[], times = {}): Promise<Chosen> {
  const logged: object[] = []
  const log = { info() {}, warn: (fields: object) => void logged.push(fields), error() {} }
  const tools = new McpTools({ secrets: new KeyRing([]), compute, db: noDatabase, egress: openEgress({ allow: places }), log, servers: {}, times: { backoffMs: 100, setupMsMax: 1_000, ...times } })
  onTestFinished(() => tools.stop())
  const definition = { mcp_servers: servers } as TurnDefinition // nothing else of it is looked at
  const again = () => tools.choose({ organization_id: 'org_1', session_id: 'sess_1', id: 'turn_1', definition }, never)
  return { ...(await again()), logged, again }
}

async function chooseOf({ url, place }: RawServer, changes: McpServer = {}, times = {}): Promise<Chosen> {
  return await choose({ s: { url, ...changes } }, [place], times)
}

async function act(server: RawServer, changes: McpServer = { timeout_ms: 500 }, args: unknown = {}) {
  const { tools } = await chooseOf(server, changes)
  return await tools[0]!.run(args, toolContext())
}

describe('a server that cannot be used when a turn starts is left out, and a call to it is an error that says why', () => {
  async function problemOf(chosen: Chosen): Promise<string> {
    expect(chosen.tools).toEqual([])
    const absent = chosen.findAbsent('s__act')
    expect(absent).toMatchObject({ effects: 'at_most_once' })
    expect(chosen.findAbsent('other__act')).toBeNull()
    expect(chosen.logged).toMatchObject([{ mcp_server: 's', turn_id: 'turn_1' }])
    const outcome = await absent!.run({}, toolContext())
    return outcome.ok ? '' : outcome.error
  }

  test('nobody listens there', async () => {
    const place = `127.0.0.1:${await findClosedPort()}`
    expect(await problemOf(await choose({ s: { url: `http://${place}` } }, [place]))).toContain('cannot be connected to (ECONNREFUSED)')
  })

  test('it hangs on initialize, and on the notification after it', async () => {
    expect(await problemOf(await chooseOf(await startRawServer({ initialize: () => {} })))).toContain('did not answer within 1 s')
    expect(await problemOf(await chooseOf(await startRawServer({ 'notifications/initialized': () => {} })))).toContain('did not answer within 1 s')
    expect(await problemOf(await chooseOf(await startRawServer({ 'tools/list': () => {} })))).toContain('did not answer within')
  })

  test('it asks for authorization', async () => {
    const server = await startRawServer({ initialize: ({ response }) => response.writeHead(401, { 'www-authenticate': 'Bearer resource_metadata="https://evil.example/x"' }).end('token-of-somebody') })
    const problem = await problemOf(await chooseOf(server))
    expect(problem).toContain('OAuth is not supported')
    expect(problem).not.toContain('token-of-somebody')
    expect(server.requests).toHaveLength(1)
  })

  test('it is inward, or redirects inward', async () => {
    expect(await problemOf(await choose({ s: { url: 'https://169.254.169.254/mcp' } }, []))).toContain('not public')
    const inner = await startRawServer()
    const server = await startRawServer({ initialize: ({ response }) => response.writeHead(307, { location: inner.url }).end() })
    expect(await problemOf(await chooseOf(server))).toContain('redirects elsewhere (307)')
    expect(inner.requests).toEqual([])
  })

  test.each([
    ['more tools than can be offered', Array.from({ length: 201 }, (_, index) => ({ name: `t${index}`, inputSchema: { type: 'object' } })), 'lists more than 200 tools'],
    ['schemas that are too long', Array.from({ length: 50 }, (_, index) => ({ name: `t${index}`, inputSchema: { type: 'object', description: 'x'.repeat(30_000) } })), 'longer than 1048576 characters'],
  ])('it lists %s', async (_what, tools, words) => {
    expect(await problemOf(await chooseOf(await startRawServer({ 'tools/list': ({ answer }) => answer({ tools }) })))).toContain(words)
  })

  test('it lists page after page for ever', async () => {
    const server = await startRawServer({ 'tools/list': ({ answer }) => answer({ tools: [], nextCursor: 'more' }) })
    expect(await problemOf(await chooseOf(server, {}, { setupMsMax: 10_000 }))).toContain('on more than 50 pages')
  })

  test('it speaks another version', async () => {
    const server = await startRawServer({ initialize: ({ answer }) => answer({ protocolVersion: '1999-01-01', capabilities: {}, serverInfo: { name: 'raw', version: '1' } }) })
    expect(await problemOf(await chooseOf(server))).toContain('a version of the protocol that is not supported')
  })

  test('it answers with garbage', async () => {
    expect(await problemOf(await chooseOf(await startRawServer({ initialize: ({ response }) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>') })))).toContain('neither with JSON')
    expect(await problemOf(await chooseOf(await startRawServer({ initialize: ({ response }) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":') })))).toContain('not a result')
    expect(await problemOf(await chooseOf(await startRawServer({ 'tools/list': ({ answer }) => answer({ tools: 'all' }) })))).toContain('not a result')
  })

  test('and is left alone for a while, so that the turns that follow need not wait for it', async () => {
    const server = await startRawServer({ initialize: () => {} })
    const chosen = await chooseOf(server, {}, { backoffMs: 60_000 })
    expect((await chosen.again()).tools).toEqual([])
    expect(server.count('initialize')).toBe(1)
  })
})

describe('a list that lies', () => {
  test('has its odd tools left out or mended, and says which', async () => {
    const deep = JSON.parse('{"a":'.repeat(200) + '1' + '}'.repeat(200)) as object
    const chosen = await chooseOf(
      await startRawServer({
        'tools/list': ({ answer }) =>
          answer({
            tools: [
              { name: 'good', description: 'Good.', inputSchema: { type: 'object', properties: { a: { type: 'string' } } }, annotations: { readOnlyHint: true } },
              { name: 'good', description: 'The same again.', inputSchema: { type: 'object' } },
              { name: 'array', inputSchema: { type: 'array' } },
              { name: 'text', inputSchema: 'a schema', annotations: 'none' },
              { name: 'none' },
              { name: 'deep', inputSchema: { type: 'object', properties: deep } },
              { name: 'pattern', inputSchema: { type: 'object', properties: { a: { type: 'string', pattern: '(' } } } },
              { name: 'elsewhere', inputSchema: { type: 'object', properties: { a: { $ref: 'https://example.com/schema.json' } } } },
              { name: 'task', inputSchema: { type: 'object' }, execution: { taskSupport: 'required' } },
              { name: '' },
              { name: 7 },
              null,
            ],
          }),
      }),
    )
    expect(chosen.tools.map(({ name, effects }) => [name, effects])).toEqual([['s__good', 'idempotent'], ...['array', 'text', 'none', 'deep', 'pattern', 'elsewhere'].map((name) => [`s__${name}`, 'at_most_once'])])
    expect(chosen.tools[0]).toMatchObject({ description: 'Good.', parameters: { type: 'object', properties: { a: { type: 'string' } } } })
    for (const tool of chosen.tools.slice(1)) expect(tool.parameters).toEqual({ type: 'object' })
    await chosen.again()
    expect(chosen.logged).toMatchObject([{ mcp_server: 's', tools: ['array', 'text', 'none', 'deep', 'pattern', 'elsewhere'] }])
  })

  test('gives every tool a name that models take, and no two the same', async () => {
    const names = ['read.file', 'read_file', 'x'.repeat(100), `${'x'.repeat(100)}y`, 'löschen']
    const server = await startRawServer({ 'tools/list': ({ answer }) => answer({ tools: names.map((name) => ({ name, inputSchema: { type: 'object' } })) }) })
    const both = { a: { url: server.url }, a__read: { url: server.url } }
    const { tools } = await choose(both, [server.place])
    const given = tools.map((tool) => tool.name)
    expect(new Set(given).size).toBe(10)
    for (const name of given) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
    expect(given).toContain('a__read_file')
    expect((await choose(both, [server.place])).tools.map((tool) => tool.name)).toEqual(given)
  })

  test('that the server says has changed is asked for again', async () => {
    const changed = Promise.withResolvers<void>()
    const server = await startRawServer({
      'tools/list': ({ answer }) => answer({ tools: [{ name: `t${server.count('tools/list')}`, inputSchema: { type: 'object' } }] }),
      'tools/call': ({ id, stream, event, response }) => {
        stream()
        event({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' })
        event({ jsonrpc: '2.0', id, result: { content: [] } })
        response.end()
        changed.resolve()
      },
    })
    const chosen = await chooseOf(server)
    expect((await chosen.again()).tools[0]!.name).toBe('s__t1')
    await chosen.tools[0]!.run({}, toolContext())
    await changed.promise
    expect((await chosen.again()).tools[0]!.name).toBe('s__t2')
  })
})

describe('a call', () => {
  test('that is answered with another call’s id, with garbage or not at all ends by the time limit', async () => {
    const server = await startRawServer({
      'tools/call': ({ id, stream, event, response }) => {
        stream()
        event({ jsonrpc: '2.0', id: Number(id) + 1, result: { content: [{ type: 'text', text: 'for another' }] } })
        event({ jsonrpc: '2.0', id: String(id), result: {} })
        response.write('data: {"jsonrpc":\n\ndata: [1,2]\n\n: \n\n')
      },
    })
    expect(await failureOf(act(server))).toMatchObject({ message: 'the MCP server s did not answer within 0.5 s', retryable: false, mayHaveRun: true })
  })

  test('is not answered by what another call’s stream says', async () => {
    const held: { id?: number } = {}
    const server = await startRawServer({
      'tools/call': ({ id, stream, event, answer }) => {
        if (held.id === undefined) return void (held.id = id!)
        if (server.count('tools/call') > 2) return answer({ content: [] })
        stream()
        event({ jsonrpc: '2.0', id: held.id, result: { content: [{ type: 'text', text: 'stolen' }] } })
        event({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: 'mine' }] } })
      },
    })
    const { tools } = await chooseOf(server, { timeout_ms: 500 })
    const first = failureOf(tools[0]!.run({}, toolContext()))
    expect(await tools[0]!.run({}, toolContext())).toEqual({ ok: true, result: 'mine' })
    expect(await first).toMatchObject({ message: expect.stringContaining('did not answer') })
  })

  test('that streams for ever ends by the time limit, and so does its stream', async () => {
    const closed = Promise.withResolvers<void>()
    const server = await startRawServer({
      'tools/call': ({ stream, event, response }) => {
        stream()
        const timer = setInterval(() => event({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x' } }), 5)
        response.on('close', () => {
          clearInterval(timer)
          closed.resolve()
        })
      },
    })
    expect(await failureOf(act(server))).toMatchObject({ message: expect.stringContaining('did not answer within 0.5 s') })
    await closed.promise
    await expect.poll(() => server.count('notifications/cancelled'), { timeout: 15_000 }).toBe(1)
  })

  test.each([
    ['an event', 'text/event-stream', 'data: {"jsonrpc":"2.0","x":"'],
    ['JSON', 'application/json', '{"jsonrpc":"2.0","x":"'],
  ])('that is answered by a gigabyte of %s ends where it is too long, with its stream', async (_what, type, start) => {
    const piece = Buffer.alloc(1024 * 1024, 'x')
    let sent = 0
    const server = await startRawServer({
      'tools/call': ({ response }) => {
        response.writeHead(200, { 'content-type': type }).write(start)
        const fill = (): void => {
          while (sent < 1024 && !response.destroyed) {
            sent += 1
            if (!response.write(piece)) return void response.once('drain', fill)
          }
        }
        fill()
      },
    })
    const before = process.memoryUsage().rss
    expect(await act(server, { timeout_ms: 60_000 })).toEqual({ ok: false, error: expect.stringContaining('the answer is longer than 8388608 bytes') })
    expect(sent).toBeLessThan(100)
    expect(process.memoryUsage().rss - before).toBeLessThan(600 * 1024 * 1024)
  })

  test('that is answered by more values than a heap should hold is refused before they are parsed', async () => {
    const many = `{"jsonrpc":"2.0","id":2,"result":{"content":[${'[],'.repeat(400_000)}1]}}`
    const parted = `{"jsonrpc":"2.0","id":2,"result":{"content":[${`${'[],'.repeat(100_000)}\n\n`.repeat(4)}1]}}`
    for (const [type, body] of [['application/json', many], ['Application/JSON ; a=text/event-stream', parted], ['text/event-stream', `: "\ndata: ${many}\n\n`]]) {
      const server = await startRawServer({ 'tools/call': ({ response }) => response.writeHead(200, { 'content-type': type }).end(body) })
      expect(await act(server, { timeout_ms: 10_000 })).toEqual({ ok: false, error: 'The MCP server s answered with more than 250000 JSON values.' })
    }
  })

  test('whose connection breaks, or ends without an answer, may have run', async () => {
    for (const end of [
      ({ response }: { response: { destroy(): unknown } }) => response.destroy(),
      (request: { stream(): void; response: { destroy(): unknown } }) => {
        request.stream()
        setImmediate(() => request.response.destroy())
      },
      (request: { stream(): void; response: { end(): unknown } }) => {
        request.stream()
        request.response.end()
      },
      ({ response }: { response: { writeHead(status: number): { end(): unknown } } }) => response.writeHead(202).end(),
    ]) {
      const server = await startRawServer({ 'tools/call': end as never })
      expect(await failureOf(act(server, { timeout_ms: 15_000 }))).toMatchObject({ name: 'ToolFault', retryable: true, mayHaveRun: true })
    }
  })

  test('of which the server says by its status whether it may have run', async () => {
    const faultOf = async (status: number) => (await failureOf(act(await startRawServer({ 'tools/call': ({ response }) => response.writeHead(status).end('x'.repeat(10_000)) })))) as ToolFault
    expect(await faultOf(429)).toMatchObject({ retryable: true, mayHaveRun: false })
    expect(await faultOf(503)).toMatchObject({ retryable: true, mayHaveRun: true, message: 'the MCP server s answered 503' })
    expect(await act(await startRawServer({ 'tools/call': ({ response }) => response.writeHead(403).end() }))).toMatchObject({ ok: false, error: expect.stringContaining('authorization (403)') })
    expect(await act(await startRawServer({ 'tools/call': ({ response }) => response.writeHead(404).end() }))).toMatchObject({ ok: false, error: 'The MCP server s answered 404.' })
  })

  test('that the protocol refuses is an error in the server’s words, of a bounded length', async () => {
    const server = await startRawServer({
      'tools/call': ({ id, response }) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32602, message: `no such tool ${'x'.repeat(10_000)}` } })),
    })
    const outcome = await act(server)
    expect(outcome).toEqual({ ok: false, error: expect.stringContaining('The MCP server s answered with an error: no such tool') })
    expect(JSON.stringify(outcome).length).toBeLessThan(1_200)
  })

  test('whose session is never known is sent twice, and no more', async () => {
    const server = await startRawServer({
      initialize: ({ id, response }) =>
        response
          .writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 'lost' })
          .end(JSON.stringify({ jsonrpc: '2.0', id, result: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'raw', version: '1' } } })),
      'tools/call': ({ response }) => response.writeHead(404).end(),
    })
    expect(await act(server)).toMatchObject({ ok: false, error: 'The MCP server s answered 404.' })
    expect(server.count('tools/call')).toBe(2)
    expect(server.count('initialize')).toBe(2)
  })

  test('tells of its progress so much, and no more', async () => {
    const server = await startRawServer({
      'tools/call': ({ id, stream, event, response }) => {
        stream()
        for (let progress = 0; progress < 5_000; progress++) event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: id, progress, message: 'y'.repeat(1_000) } })
        event({ jsonrpc: '2.0', id, result: { content: [] } })
        response.end()
      },
    })
    const told: string[] = []
    const { tools } = await chooseOf(server)
    await tools[0]!.run({}, toolContext({ progress: (message) => told.push(message) }))
    expect(told.length).toBeGreaterThan(0)
    expect(told.length).toBeLessThan(20)
    expect(told[0]).toHaveLength(500)
  })

  test('whose arguments are no object is not sent', async () => {
    const server = await startRawServer()
    expect(await act(server, {}, [1])).toEqual({ ok: false, error: 'The arguments must be a JSON object.' })
    expect(server.count('tools/call')).toBe(0)
  })
})

test('what a server asks of this one is not done: a ping is answered once a second, and nothing else', async () => {
  const asked = Promise.withResolvers<void>()
  const server = await startRawServer({
    GET: ({ stream, event }) => {
      stream()
      for (let id = 0; id < 1_000; id++) event({ jsonrpc: '2.0', id, method: id % 2 === 0 ? 'ping' : 'sampling/createMessage', params: {} })
      asked.resolve()
    },
  })
  const { tools } = await chooseOf(server)
  await asked.promise
  expect(await tools[0]!.run({}, toolContext())).toEqual({ ok: true, result: 'done' })
  const answers = server.requests.filter(({ http, method }) => http === 'POST' && method === undefined)
  expect(answers.length).toBeLessThan(5)
})

test('a server that ends its stream at once, and wants it opened again at once, is not asked in a loop', async () => {
  const server = await startRawServer({
    GET: ({ response }) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end('retry: 0\nid: 1\ndata:\n\n'),
  })
  const { tools } = await chooseOf(server)
  const endsAt = performance.now() + 700
  while (performance.now() < endsAt) await tools[0]!.run({}, toolContext())
  expect(server.count('GET')).toBeLessThanOrEqual(2)
})
