import type { Agent, Problem } from '@reprise/contract'
import { defineTool } from '@reprise/engine'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createSession, expectProblem, post } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

const named = (name: string) => defineTool({ name, description: '', input: z.object({}), effects: 'idempotent', run: () => ({ ok: true, result: null }) })
const shared = named('shared')

let server: TestServer
beforeAll(async () => {
  const capabilities = [
    { ref: 'files', description: '', tools: [named('search'), shared] },
    { ref: 'web', description: '', tools: [named('search')] },
    { ref: 'more', description: '', tools: [shared] },
  ]
  server = await startServer({ engine: { capabilities } })
})
afterAll(() => server.close())

/** Agents and sessions are judged by the same rules. */
const doors = [
  ['POST /v1/agents', (settings: object) => post<Problem>(`${server.url}/v1/agents`, { name: 'judged', system_prompt: 'Help.', ...settings })],
  ['POST /v1/sessions', (settings: object) => post<Problem>(`${server.url}/v1/sessions`, settings)],
] as const

const tool = (parameters: unknown, type = 'client_side') => ({ type, name: 'ask', parameters, ...(type === 'webhook' && { url: 'https://example.com/' }) })

/** So many levels below the first. */
function nest(levels: number): object {
  let schema: object = { type: 'string' }
  for (let level = 0; level < levels; level += 1) schema = { not: schema }
  return schema
}

describe.each(doors)('%s', (_door, create) => {
  it.each([
    ['two definitions', { tools: [{ type: 'client', name: 'a' }, { type: 'client', name: 'a' }] }, 'tools[1].name', ['tools[0]', 'tools[1]', '"a"']],
    ['a definition and a capability', { tools: [{ type: 'client', name: 'b' }, { type: 'client', name: 'search' }], capabilities: [{ ref: 'web' }] }, 'tools[1].name', ['tools[1]', '"web"', '"search"']],
    ['a definition and a built-in capability', { tools: [{ type: 'client', name: 'calculator' }], capabilities: [{ ref: 'calculator' }] }, 'tools[0].name', ['"calculator"']],
    ['two capabilities', { capabilities: [{ ref: 'web' }, { ref: 'files' }] }, 'capabilities[1].ref', ['"web"', '"files"', '"search"']],
  ])('400: refuses one name that %s give', async (_what, settings, path, words) => {
    const answer = await create(settings)
    expectProblem(answer, 400, 'invalid_request', path)
    for (const word of words) expect(answer.body.detail).toContain(word)
  })

  it('201: one tool may be part of two capabilities, and a capability may be named twice', async () => {
    expect((await create({ capabilities: [{ ref: 'files' }, { ref: 'more' }, { ref: 'files' }] })).status).toBe(201)
  })

  it('400: refuses a wish for approval that is neither true nor false', async () => {
    expectProblem(await create({ capabilities: [{ ref: 'web', config: { requires_approval: 'yes' } }] }), 400, 'invalid_request', 'capabilities[0].config.requires_approval')
    expectProblem(await create({ tools: [{ ...tool({}), requires_approval: 1 }] }), 400, 'invalid_request', 'tools[0].requires_approval')
  })

  it.each([
    ['of no object', { type: 'string' }, 'must be "object"'],
    ['that is none', { properties: { a: { type: 'text' } } }, 'is no valid JSON Schema: properties.a.type'],
    ['with a pattern that is none', { properties: { a: { pattern: '(' } } }, 'cannot be compiled'],
    ['that refers to another document', { properties: { a: { $ref: 'https://example.com/schema.json' } } }, 'other documents are not fetched'],
    ['that refers to what it does not have', { properties: { a: { $ref: '#/$defs/a' } } }, 'which is not in it'],
    ['that is asynchronous', { $async: true }, '$async'],
    ['that is larger than 64 KiB', { description: 'x'.repeat(65 * 1024) }, 'larger than 65536 bytes'],
    ['that is nested deeper than 48 levels', { properties: nest(52) }, 'deeper than 48 levels'],
  ])('400: refuses a schema %s', async (_what, parameters, words) => {
    for (const type of ['client_side', 'webhook']) {
      const answer = await create({ tools: [{ ...tool({}), name: 'first' }, tool(parameters, type)] })
      expectProblem(answer, 400, 'invalid_request', 'tools[1].parameters')
      expect(answer.body.detail).toContain(words)
    }
  })

  it.each([
    ['without a type', {}],
    ['of draft-07', { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', properties: { pair: { items: [{ type: 'string' }, { type: 'number' }] } } }],
    ['of draft-07 that does not say so', { type: 'object', properties: { pair: { items: [{ type: 'string' }, { type: 'number' }] } } }],
    ['of draft 2020-12', { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', properties: { pair: { prefixItems: [{ type: 'string' }] } } }],
    ['with words and formats of its own', { type: 'object', 'x-order': 1, properties: { a: { type: 'string', format: 'phone-of-acme' } } }],
    ['with a pattern that is no unicode one', { type: 'object', properties: { a: { type: 'string', pattern: String.raw`^[\w-.]+$` } } }],
    ['with an id that another has too', { $id: 'https://example.com/one', type: 'object', properties: { a: { $ref: '#/$defs/a' } }, $defs: { a: { type: 'string' } } }],
    ['that is as pathological as can be', { type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } }],
  ])('201: takes a schema %s', async (_what, parameters) => {
    const answer = await create({ tools: [tool(parameters), { ...tool(parameters), name: 'again' }] })
    expect(answer.status, answer.text).toBe(201)
    expect(answer.body).toMatchObject({ tools: [{ parameters }, { parameters }] })
  })
})

describe('a session of an agent', () => {
  it('400: gives no tool a name that the agent has given', async () => {
    const agent = (await post<Agent>(`${server.url}/v1/agents`, { name: 'armed', system_prompt: 'x', capabilities: [{ ref: 'web' }] })).body
    const clash = await post<Problem>(`${server.url}/v1/sessions`, { agent_id: agent.id, tools: [{ type: 'client', name: 'search' }] })
    expectProblem(clash, 400, 'invalid_request', 'tools[0].name')
    expect(clash.body.detail).toContain('the capability "web" of the agent')
    await createSession(server.url, { agent_name: 'armed', capabilities: [{ ref: 'calculator' }], tools: [{ type: 'client', name: 'search' }] })
  })
})
