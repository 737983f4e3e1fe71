import type { Agent, Problem } from '@reprise/contract'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAgentDocument, writeAgentDocument } from '../src/operations/agent-document.ts'
import { secretKey } from './support/providers.ts'
import { expectProblem, post, send } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer({ engine: { secretKeys: [secretKey] } })
})
afterAll(() => server.close())

const url = () => `${server.url}/v1/agents`
const importText = <T = Agent>(body: string | Uint8Array<ArrayBuffer>, type = 'text/markdown') => send<T>(`${url()}/import`, { method: 'POST', headers: { 'content-type': type }, body })
const exportText = async (name: string) => (await send(`${url()}/${name}/export`)).text
const readSealed = async (name: string) => (await server.pool.query<{ sealed: Buffer | null }>('SELECT mcp_headers_sealed AS sealed FROM agents WHERE name = $1', [name])).rows[0]!.sealed

describe('POST /v1/agents/import', () => {
  it('201: makes an agent of a document as people write it', async () => {
    const { status, body, text } = await importText(
      '---\nname: support\ndisplay_name: Support # the desk\ndescription: >\n  Answers\n  questions.\ncapabilities: [calculator, { ref: current_time }]\ntags:\n  - a\nmax_iterations: 3\ncolour: blue\n---\n\n# You are Support\n\nBe kind.\n',
    )
    expect(status, text).toBe(201)
    expect(body).toMatchObject({
      name: 'support', display_name: 'Support', description: 'Answers questions.\n', capabilities: [{ ref: 'calculator' }, { ref: 'current_time' }], tags: ['a'],
      max_iterations: 3, system_prompt: '# You are Support\n\nBe kind.\n', status: 'active',
    })
    expect(body).not.toHaveProperty('colour')
  })

  it('201: replaces the agent that the document names', async () => {
    const first = (await importText('---\nname: again\ndescription: One\n---\nOne.')).body
    expect((await importText(`---\r\nname: again\r\nid: agent_${'0'.repeat(32)}\r\n---\r\n\r\nTwo.`, 'text/plain; charset=UTF-8')).body).toMatchObject({ id: first.id, description: null, system_prompt: 'Two.' })
  })

  it.each([
    ['its heading', 'Hello\n\n## Überall & *überall*!\n', 'uberall-uberall'],
    ['nothing that can be spelled', '# 日本\n', /^agent-[0-9a-f]{8}$/],
    ['nothing', 'Just help.', /^agent-[0-9a-f]{8}$/],
  ])('201: a bare prompt is named after %s', async (_what, prompt, name) => {
    const { status, body } = await importText(prompt, 'text/plain')
    expect(status).toBe(201)
    expect(body).toMatchObject({ name: expect.stringMatching(name), system_prompt: prompt })
  })

  it('201: without a name, it never replaces another', async () => {
    const agents = [(await importText('# Assistant\n')).body, (await importText('---\ndescription: x\n---\n# Assistant')).body]
    expect(agents.map(({ name }) => name)).toEqual(['assistant-2', 'assistant-3'])
  })

  const bomb = `a: &a [${'x,'.repeat(9)}x]\nb: &b [${'*a,'.repeat(9)}*a]\nc: [${'*b,'.repeat(9)}*b]\n`
  it.each([
    ['an empty document', '  \n', 'document'],
    ['a name that is no slug', '---\nname: No Slug\n---\n', 'name'],
    ['a name that is a list', '---\nname: [a]\n---\n', 'name'],
    ['front matter that does not end', '---\nname: a\n\nHelp.', 'front matter'],
    ['front matter that is no YAML', '---\nname: "a\n---\n', 'front matter'],
    ['front matter that is a list', '---\n- a\n---\n', 'front matter'],
    ['a key twice', '---\nname: a\nname: b\n---\n', 'front matter'],
    ['two documents in one', '---\nname: a\n...\nname: b\n---\n', 'front matter'],
    ['an alias', '---\nname: &a a\ndescription: *a\n---\n', 'front matter'],
    ['a bomb of aliases', `---\nname: a\n${bomb}---\n`, 'front matter'],
    ['a deep nest', `---\nname: ${'['.repeat(20_000)}\n---\n`, 'front matter'],
    ['a nest that is deep, and closed', `---\nname: a\nx: ${'['.repeat(100)}${']'.repeat(100)}\n---\n`, /^x/],
    ['more keys than can be told apart in time, or as many', `---\nname: a\n${Array.from({ length: 5_000 }, (_, key) => `k${key}: x\n`).join('')}max_iterations: 0\n---\n`, /^(max_iterations|front matter)$/],
    ['front matter that is too large', `---\nname: a\ndescription: ${'a'.repeat(65_536)}\n---\n`, 'front matter'],
    ['an inherited key', '---\nname: a\n__proto__: { x: 1 }\n---\n', /^$/],
    ['an infinite number', '---\nname: a\nmax_iterations: .inf\n---\n', 'max_iterations'],
    ['a NUL in the prompt', '---\nname: a\n---\na\0b', 'system_prompt'],
    ['a bad tool', '---\nname: a\ntools:\n  - type: client\n    name: b c\n---\n', 'tools[0].name'],
    ['a header as answers show it', '---\nname: a\nmcpServers: { s: { url: "https://example.com/mcp", headers: { k: "***" } } }\n---\n', 'mcpServers.s.headers.k'],
  ] as [string, string, string | RegExp][])('400: refuses %s', async (_what, document, path) => {
    const answer = await importText<Problem>(document)
    expect(answer.status, answer.text).toBe(400)
    expect(answer.body.errors![0]!.path).toMatch(path)
    expect(answer.text.length).toBeLessThan(2_000)
  })

  it('400, 413, 415: refuses what is no text, too much of it, or of another type', async () => {
    expectProblem(await importText<Problem>(Uint8Array.of(0xff, 0xfe, 0x41)), 400, 'invalid_request')
    expectProblem(await importText<Problem>('a'.repeat(1024 * 1024 + 1)), 413, 'body_too_large')
    for (const type of ['application/json', 'text/html', 'text/plain; charset=utf-16', 'multipart/form-data; boundary=x']) expectProblem(await importText<Problem>('{}', type), 415, 'unsupported_media_type')
    // No other route takes text: a page of another site can send it.
    expectProblem(await send(url(), { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{"name":"a","system_prompt":"x"}' }), 415, 'unsupported_media_type')
  })
})

describe('GET /v1/agents/{agent_id}/export', () => {
  it('200: is a Markdown file, without the headers of MCP servers, and keeps those of its own agent when imported again', async () => {
    const servers = { shop: { url: 'https://shop.example.com/mcp', headers: { 'x-key': 'hunter2' } }, other: { url: 'https://other.example.com/mcp', headers: { 'x-key': 'hunter3' } } }
    const agent = (await post<Agent>(url(), { name: 'seller', system_prompt: 'Sell.', mcpServers: servers })).body
    const answer = await send(`${url()}/seller/export`)
    expect(answer.headers.get('content-type')).toBe('text/markdown; charset=utf-8')
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="seller.md"')
    expect(answer.text).not.toMatch(/hunter|x-key|\*\*\*/)
    expect((await importText(answer.text)).body).toEqual({ ...agent, updated_at: expect.any(String) })
    expect(await readSealed('seller')).not.toBeNull()
    // A secret is never sent to another url than the one it was meant for.
    const moved = await importText(answer.text.replace('https://shop', 'https://evil').replace('https://other', 'https://evil'))
    expect(moved.body.mcpServers).toEqual({ shop: { url: 'https://evil.example.com/mcp' }, other: { url: 'https://evil.example.com/mcp' } })
    expect(await readSealed('seller')).toBeNull()
  })

  it('imported again, it is the same agent', async () => {
    const settings = { name: 'same', system_prompt: '---\nnot: front matter\n---\n', display_name: 'yes', description: '1e3', tags: ['null', '- a', '# b'], parallel_tool_calls: false, tools: [{ type: 'client_side', name: 'ask', description: 'Asks:\n---\n', parameters: { type: 'object', properties: { 'a: b': { enum: ['~', 1, null, true] } } } }] }
    const agent = (await post<Agent>(url(), settings)).body
    expect((await importText(await exportText('same'))).body).toEqual({ ...agent, updated_at: expect.any(String) })
  })
})

/** Any text that can be stored: whole characters, and no NUL. */
const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', ''))
const tricky = fc.oneof(text, fc.stringMatching(/^[-:#&*!|>'"%@`{}[\],?~ \t\r\n.a0-9]{0,40}$/), fc.constantFrom('---', '---\n', '\n---\n', '...', '\r\n', '\u0085', '\u2028', '\uFEFF', 'null', '0x1f', '<<', '2001-01-01', ' \n', '\n\n'))
const json = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }).map((value) => JSON.parse(JSON.stringify(value).replaceAll('\\u0000', '').replaceAll('-0', '0').replaceAll('__proto__', 'proto')) as unknown)

it('whatever an agent says, its document says the same', async () => {
  const agents = fc.record({ name: fc.constant('a'), display_name: fc.option(tricky), description: fc.option(tricky), tags: fc.array(tricky), tools: fc.array(fc.record({ name: tricky, parameters: json })), system_prompt: fc.oneof(tricky, fc.array(tricky).map((parts) => parts.join('\n'))) })
  await fc.assert(
    fc.asyncProperty(agents, async (given) => {
      const agent = { ...given, default_model_id: null, capabilities: [], mcpServers: {}, max_iterations: null, parallel_tool_calls: null, when_busy: null } as unknown as Agent
      const { settings, prompt } = await readAgentDocument(server.compute, writeAgentDocument(agent))
      expect(prompt).toBe(given.system_prompt)
      const { system_prompt: _, ...expected } = given
      expect({ display_name: null, description: null, tags: [], tools: [], ...settings }).toEqual(expected)
    }),
    { numRuns: 500 },
  )
})
