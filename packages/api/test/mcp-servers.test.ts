import type { Agent, McpServerRef, Session } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { query } from './support/call-procedure.ts'
import { expectProblem, post, send } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

const operators = {
  files: { command: 'node', args: ['--token=sk-argument'], env: { TOKEN: 'sk-environment' }, description: 'Files of the house', requires_approval: true },
  search: { url: 'https://user:sk-password@search.example.com:8443/mcp/sk-path?key=sk-query', headers: { authorization: 'sk-header' }, effects: 'idempotent' as const, timeout_ms: 5_000, tools: ['find'] },
}

let server: TestServer
beforeAll(async () => {
  server = await startServer({ engine: { secretKeys: [new Uint8Array(32).fill(1)], mcpServers: operators, egressAllow: ['localhost:8931'] } })
})
afterAll(() => server.close())

const url = 'https://mcp.example/v1'
const secret = 'Bearer sk-of-the-caller'

describe.each([
  ['agents', { name: 'with-mcp', system_prompt: 'Help.' }],
  ['sessions', {}],
])('mcpServers of %s', (resource, settings) => {
  const create = async <T = Agent | Session>(servers: unknown, spelling = 'mcpServers') => await post<T>(`${server.url}/v1/${resource}`, { ...settings, [spelling]: servers })

  it('201: keeps them, under both spellings, and shows a header as a mark only', async () => {
    const docs = { url, description: 'Documents', timeout_ms: 5000, effects: 'idempotent', requires_approval: true, tools: ['search'] }
    for (const spelling of ['mcpServers', 'mcp_servers']) {
      const created = await create({ docs: { type: 'http', ...docs, headers: { Authorization: secret } }, local: { ref: 'files' } }, spelling)
      expect(created.status, created.text).toBe(201)
      const shown = { docs: { type: 'http', ...docs, headers: { Authorization: '***' } }, local: { ref: 'files' } }
      const read = await send<Agent | Session>(`${server.url}/v1/${resource}/${created.body.id}`)
      for (const answer of [created, read]) {
        expect(answer.body.mcpServers).toEqual(shown)
        expect(answer.text).not.toContain('sk-of-the-caller')
      }
    }
    expect(server.logged.join('')).not.toContain('sk-of-the-caller')
    const { rows } = await server.pool.query(`SELECT mcp_servers::text FROM ${resource}`)
    expect(JSON.stringify(rows)).not.toContain('sk-of-the-caller')
  })

  it('201: an inward place that the operator allows may be named, by http too', async () => {
    expect((await create({ here: { url: 'http://localhost:8931/mcp' } })).status).toBe(201)
  })

  it.each([
    ['a command', { files: { command: 'sh', args: ['-c', 'id'] } }, 'files.command'],
    ['arguments', { files: { url, args: ['x'] } }, 'files.args'],
    ['an environment', { files: { ref: 'files', env: { LD_PRELOAD: 'x' } } }, 'files.env'],
    ['a program by its type', { files: { type: 'stdio', url } }, 'files.type'],
    ['neither url nor ref', { files: {} }, 'files'],
    ['both', { files: { url, ref: 'files' } }, 'files'],
    ['a ref that the operator does not have', { files: { ref: 'shell' } }, 'files.ref'],
    ['a ref by a name of every object', { files: { ref: 'constructor' } }, 'files.ref'],
    ['headers for a ref', { files: { ref: 'files', headers: { a: 'b' } } }, 'files.headers'],
    ['a name that cannot begin a tool’s', { 'My files': { url } }, 'My files'],
    ['http', { docs: { url: 'http://mcp.example' } }, 'docs.url'],
    ['an inward address', { docs: { url: 'https://10.0.0.7/mcp' } }, 'docs.url'],
    ['an inward address of another form', { docs: { url: 'https://[::ffff:127.0.0.1]/mcp' } }, 'docs.url'],
    ['a password in the url', { docs: { url: 'https://me:pass-word@mcp.example' } }, 'docs.url'],
    ['no url at all', { docs: { url: 'mcp' } }, 'docs.url'],
    ['a header of the protocol', { docs: { url, headers: { 'Mcp-Session-Id': 'x' } } }, 'docs.headers.Mcp-Session-Id'],
    ['a header that ends the line', { docs: { url, headers: { 'x-a': 'b\r\nHost: evil' } } }, 'docs.headers.x-a'],
    ['a header as it was shown', { docs: { url, headers: { 'x-a': '***' } } }, 'docs.headers.x-a'],
    ['a limit that is too long', { docs: { url, timeout_ms: 300_001 } }, 'docs.timeout_ms'],
  ])('400: refuses %s', async (_what, servers, path) => {
    const answer = await create(servers)
    expectProblem(answer as never, 400, 'invalid_request', `mcpServers.${path}`)
    expect(answer.text).not.toContain('pass-word')
  })

  it('400: refuses more than 16, and says of a command what to do instead', async () => {
    expectProblem((await create(Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`s${index}`, { url }])))) as never, 400, 'invalid_request', 'mcpServers')
    expect((await create({ a: { command: 'sh' } })).text).toContain('REPRISE_MCP_SERVERS')
  })
})

it('409: headers are refused by a server that cannot encrypt them, and nothing is stored', async () => {
  const bare = await startServer()
  try {
    const answer = await post(`${bare.url}/v1/sessions`, { mcpServers: { docs: { url, headers: { Authorization: secret } } } })
    expectProblem(answer, 409, 'secret_key_missing', 'mcpServers.docs.headers')
    expect((await bare.pool.query('SELECT FROM sessions WHERE mcp_headers_sealed IS NOT NULL')).rowCount).toBe(0)
  } finally {
    await bare.close()
  }
})

describe('GET /v1/mcp-servers', () => {
  const list = async (search = '') => await send<{ data: McpServerRef[]; total: number }>(`${server.url}/v1/mcp-servers?${search}`)

  it('200: shows what the operator has configured, and nothing of what it is started with or sent', async () => {
    const { body, text } = await list()
    const files = { ref: 'files', description: 'Files of the house', transport: 'stdio', host: null, timeout_ms: 60_000, effects: null, requires_approval: true, tools: null }
    const search = { ref: 'search', description: null, transport: 'streamable_http', host: 'search.example.com:8443', timeout_ms: 5_000, effects: 'idempotent', requires_approval: false, tools: ['find'] }
    expect(body).toEqual({ data: [files, search], total: 2, offset: 0, limit: 100 })
    expect(text).not.toContain('sk-')
    expect((await query(server.url, 'mcpServers.list')).body.result?.data).toEqual(body)
  })

  it('200: finds by ref and description, and pages', async () => {
    expect((await list('search=HOUSE')).body.data.map(({ ref }) => ref)).toEqual(['files'])
    expect((await list('search=sear')).body.data.map(({ ref }) => ref)).toEqual(['search'])
    expect((await list('search=sk-')).body).toMatchObject({ data: [], total: 0 })
    expect((await list('offset=1&limit=1')).body.data.map(({ ref }) => ref)).toEqual(['search'])
  })

  it.each(['limit=0', 'offset=-1'])('400: refuses ?%s', async (search) => {
    expectProblem(await send(`${server.url}/v1/mcp-servers?${search}`), 400, 'invalid_request', search.split('=')[0])
  })
})
