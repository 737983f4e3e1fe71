import { newId, type Event } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createModelProvider, type EngineOptions, type IncomingMessage } from '../src/index.ts'
import type { Answer } from './protocol/answer.ts'
import { blocksOf, type AnthropicRequest } from './protocol/anthropic-protocol.ts'
import type { OpenAiRequest } from './protocol/openai-protocol.ts'
import { openEngineFixture, type EngineFixture, type EngineProcess } from './support/engine-fixture.ts'
import { modelOf, startServerOf, vendorNames, type VendorName } from './support/provider-under-test.ts'

let fixture: EngineFixture
beforeAll(async () => {
  fixture = await openEngineFixture()
})
afterAll(() => fixture.close())

const key = 'test-key-that-nobody-may-see'
const thoughts = 'He said "no\\yes",\nthen é and 👩‍🚀👍🏽.'

/** A vendor's server, an engine that asks it, and a session whose model is one of the vendor's. */
async function open(type: VendorName, options: Partial<EngineOptions> = {}) {
  const server = await startServerOf(type, { key })
  const provider_id = newId('provider')
  await fixture.pool.query('INSERT INTO providers (organization_id, id, type, name, base_url) VALUES ($1, $2, $3, $3, $4)', [seeded.organization_id, provider_id, type, server.url])
  const addModel = async (model: string) => {
    const id = newId('model')
    await fixture.pool.query(
      `INSERT INTO models (organization_id, id, provider_id, model, display_name, context_window, supports_images, supports_tools)
      VALUES ($1, $2, $3, $4, $4, 100000, true, true)`,
      [seeded.organization_id, id, provider_id, model],
    )
    return id
  }
  const model_id = await addModel(modelOf[type])
  // The key is given here, for the row has none; the guard is the engine's own.
  const process = await fixture.startProcess({
    egressAllow: [server.place],
    createProvider: (connection, services) => createModelProvider({ ...connection, api_key: key }, services),
    ...options,
  })
  onTestFinished(() => process.stop())
  const sessionId = await fixture.createSession({ model_id })
  return { server, process, sessionId, addModel }
}

async function say(process: EngineProcess, sessionId: string, text: string, changes: Partial<IncomingMessage> = {}): Promise<Event[]> {
  const before = (await fixture.events(sessionId)).filter((event) => event.type === 'session.idled').length
  const outcome = await process.engine.acceptMessage(fixture.message(sessionId, text, changes))
  expect(outcome.outcome).toBe('stored')
  return await fixture.eventsUntil(process, sessionId, 'session.idled', before + 1)
}

const ofType = (events: Event[], type: string) => events.filter((event) => event.type === type)
const answersOf = (events: Event[]) => ofType(events, 'output.message.completed').map((event) => event.data['message'] as { thinking: string | null; thinking_signature: string | null; content: { text?: string }[] })
const toolRound = (says: Answer['says'] = [], id = 'call_1'): Answer => ({ says: [...says, { call: 'calculator', id, arguments: { expression: '6*7' } }], unitsPerDelta: 1 })

describe('thinking, with tool calls between', () => {
  test('of Anthropic goes back byte for byte, signatures and redacted blocks too, from the journal as from memory', async () => {
    const { server, process, sessionId } = await open('anthropic')
    server.queue(toolRound([{ thinking: thoughts }, { redacted: 'unseen' }]), toolRound([{ thinking: 'Again: \ud83d and \0.' }], 'call_2'), { says: [{ thinking: 'Last.' }, 'It is 42.'] })
    const events = await say(process, sessionId, 'What is 6*7?')
    expect(ofType(events, 'turn.failed')).toEqual([])
    await process.stop()
    const successor = await fixture.startProcess({ egressAllow: [server.place], createProvider: (_, services) => createModelProvider({ type: 'anthropic', base_url: server.url, api_key: key }, services) })
    await say(successor, sessionId, 'Thanks.')
    const asked = server.requests.map(({ body }) => blocksOf((body as AnthropicRequest).messages[1] ?? { role: 'assistant', content: [] }).filter(({ type }) => type.includes('thinking')))
    const [first] = asked[1]!
    expect(asked[1]).toEqual([{ type: 'thinking', thinking: thoughts, signature: expect.any(String) }, { type: 'redacted_thinking', data: expect.any(String) }])
    // The bytes that the server sent stand in each of the requests that followed, those of a process that read them back too.
    for (const request of server.requests.slice(1)) {
      expect(request.raw.includes(JSON.stringify(thoughts))).toBe(true)
      expect(request.raw.includes(JSON.stringify(first!['signature']))).toBe(true)
    }
    for (const request of server.requests.slice(2)) expect(request.raw.includes(JSON.stringify('Again: \ud83d and \0.'))).toBe(true)
    expect(answersOf(events).map(({ thinking, thinking_signature }) => [thinking, thinking_signature])).toEqual([
      [thoughts, first!['signature']],
      ['Again: \ufffd and \ufffd.', expect.any(String)],
      ['Last.', expect.any(String)],
    ])
    const told = ofType(events, 'reason.thinking.delta').map((event) => event.data['delta']).join('')
    expect(told).toBe(`${thoughts}Again: \ufffd and \ufffd.Last.`)
    await successor.stop()
  })

  test('of OpenAI goes back as the items that it was, encrypted', async () => {
    const { server, process, sessionId } = await open('openai')
    server.queue(toolRound([{ thinking: `${thoughts}\n\nTwo.` }, 'Let me see.', { thinking: 'Three.' }]), { says: ['It is 42.'] })
    const events = await say(process, sessionId, 'What is 6*7?')
    expect(answersOf(events).at(-1)?.content).toEqual([{ type: 'text', text: 'It is 42.' }])
    const lines = server.sent[0]!.split('\n').filter((line) => line.startsWith('data: {"type":"response.output_item.done"'))
    const given = lines.map((line) => (JSON.parse(line.slice('data: '.length)) as { item: { type: string } }).item)
    const { input } = server.requests[1]!.body as OpenAiRequest
    expect(input.filter(({ type }) => type === 'reasoning')).toEqual(given.filter(({ type }) => type === 'reasoning'))
    // In the order in which they were given.
    expect(input.slice(-5).map((item) => item.type ?? item.role)).toEqual(['reasoning', 'assistant', 'reasoning', 'function_call', 'function_call_output'])
    expect(answersOf(events)[0]).toMatchObject({ thinking: `${thoughts}\nTwo.\nThree.`, thinking_signature: null })
  })

  test('of a compatible server goes back while the turn runs', async () => {
    const { server, process, sessionId } = await open('openai_compatible')
    server.queue(toolRound([{ thinking: thoughts }]), { says: ['It is 42.'] })
    await say(process, sessionId, 'What is 6*7?')
    expect((server.requests[1]!.body as OpenAiRequest).messages.find(({ role }) => role === 'assistant')).toMatchObject({ reasoning_content: thoughts })
  })

  test('is dropped whole on a switch of model, and nothing else is', async () => {
    const { server, process, sessionId, addModel } = await open('anthropic')
    server.queue(toolRound([{ thinking: thoughts }]), { says: [{ thinking: 'Done.' }, 'It is 42.'] }, { says: ['Gladly.'] })
    await say(process, sessionId, 'What is 6*7?')
    const events = await say(process, sessionId, 'Thanks.', { model_id: await addModel('claude-opus-4-1') })
    expect(ofType(events, 'turn.failed')).toEqual([])
    const raw = server.requests.at(-1)!.raw.toString()
    expect(raw).not.toMatch(/"type":"(redacted_)?thinking"/)
    expect(raw).toContain('It is 42.')
    expect(raw).toContain('"type":"tool_use"')
  })
})

describe.each(vendorNames)('a turn of %s', (type) => {
  test('records what each call has used, cache and reasoning too, and sums it up', async () => {
    const { server, process, sessionId } = await open(type)
    const usage = { input: 30, output: 9, cache_read: 20, reasoning: 4 }
    server.queue({ ...toolRound(), usage }, { says: ['It is 42.'], usage })
    const events = await say(process, sessionId, 'What is 6*7?')
    const input_tokens = type === 'anthropic' ? 50 : 30
    expect(ofType(events, 'llm.generation').map((event) => event.data['metadata'])).toEqual(
      ['tool_calls', 'stop'].map((reason) =>
        expect.objectContaining({
          usage: expect.objectContaining({ input_tokens, output_tokens: 9, cache_read_tokens: 20, reasoning_tokens: 4 }),
          finish_reasons: [reason],
          response_id: expect.any(String),
          time_to_first_token_ms: expect.any(Number),
        }),
      ),
    )
    expect(ofType(events, 'turn.completed')[0]?.data).toMatchObject({ usage: { input_tokens: 2 * input_tokens, output_tokens: 18, cache_read_tokens: 40, reasoning_tokens: 8 } })
  })

  test('whose key is refused fails at once, says as much as it may, and never the key', async () => {
    const { server, process, sessionId } = await open(type)
    const words = { none: 'The turn failed.', generic: 'The model provider could not answer.', detailed: 'The model provider could not answer. (the provider refuses the API key (401))' }
    for (const [error_disclosure, error] of Object.entries(words)) {
      server.queue({ fault: { kind: 'status', status: 401, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ type: 'error', error: { type: 'authentication_error', message: `no ${key}` } }) } })
      const events = await say(process, sessionId, 'hello', { error_disclosure })
      expect(ofType(events, 'turn.failed').at(-1)?.data).toMatchObject({ error, error_code: 'provider_error' })
      expect(answersOf(events).at(-1)?.content).toEqual([{ type: 'text', text: error }])
      expect(JSON.stringify(events)).not.toContain(key)
    }
    expect(server.requests).toHaveLength(3)
    const { rows } = await fixture.pool.query('SELECT error FROM turns WHERE session_id = $1', [sessionId])
    expect(JSON.stringify(rows)).not.toContain(key)
  })

  test('waits as long as a 429 asks, then goes on', async () => {
    const { server, process, sessionId } = await open(type)
    server.queue({ fault: { kind: 'status', status: 429, headers: { 'retry-after-ms': '300' } } }, { says: ['at last'] })
    const events = await say(process, sessionId, 'hello')
    const [first, second] = ofType(events, 'reason.started')
    expect(Date.parse(second!.ts) - Date.parse(first!.ts)).toBeGreaterThanOrEqual(290)
    expect(answersOf(events)[0]?.content).toEqual([{ type: 'text', text: 'at last' }])
  })

  test('whose stream breaks off says that it starts over, and tells the whole text after that', async () => {
    const { server, process, sessionId } = await open(type)
    const text = 'This sentence 😀 is cut, and then said in full.'
    const afterBytes = type === 'openai' ? 3000 : 1500
    server.queue({ says: [text], unitsPerDelta: 2, fault: { kind: 'cut', afterBytes } }, { says: [{ call: 'x' }], fault: { kind: 'reset', afterBytes: 300 } }, { says: [text], unitsPerDelta: 3 })
    const events = await say(process, sessionId, 'hello')
    expect(ofType(events, 'reason.recovered').length).toBeGreaterThanOrEqual(1)
    const start = events.findLastIndex((event) => event.type === 'output.message.started')
    expect(ofType(events.slice(start), 'output.message.delta').map((event) => event.data['delta']).join('')).toBe(text)
    expect(answersOf(events)).toMatchObject([{ content: [{ type: 'text', text }] }])
  })

  test('whose server falls silent is tried again', async () => {
    const { server, process, sessionId } = await open(type, { limits: { modelSilenceMsMax: 400 } })
    server.queue({ fault: { kind: 'hang' } }, { says: ['half'], fault: { kind: 'stall', afterBytes: 400 } }, { says: ['at last'] })
    const events = await say(process, sessionId, 'hello')
    // On a busy machine there may be one more.
    expect(ofType(events, 'reason.completed').slice(0, 2).map((event) => event.data['error'])).toEqual(['timeout', 'timeout'])
    expect(ofType(events, 'turn.completed')).toHaveLength(1)
  })

  test('answers a call whose arguments are no JSON with an error, and the model goes on', async () => {
    const { server, process, sessionId } = await open(type)
    server.queue({ says: [{ call: 'calculator', raw: '{"expression": ' }] }, { says: ['Sorry.'] })
    const events = await say(process, sessionId, 'hello')
    expect(ofType(events, 'tool.completed')[0]?.data).toMatchObject({ success: false })
    expect(answersOf(events).at(-1)?.content).toEqual([{ type: 'text', text: 'Sorry.' }])
  })

  test('keeps an answer that reached its limit as what it is', async () => {
    const { server, process, sessionId } = await open(type)
    server.queue({ says: ['only ha'], finish: 'length' })
    const events = await say(process, sessionId, 'hello')
    expect(ofType(events, 'llm.generation')[0]?.data).toMatchObject({ metadata: { finish_reasons: ['length'], success: true } })
    expect(answersOf(events)[0]?.content).toEqual([{ type: 'text', text: 'only ha' }])
  })
})

test('a provider whose address the guard refuses fails the turn at once, and says what opens it', async () => {
  const { process, sessionId, server } = await open('openai_compatible', { egressAllow: [] })
  const events = await say(process, sessionId, 'hello', { error_disclosure: 'detailed' })
  expect(ofType(events, 'turn.failed')[0]?.data).toMatchObject({ error_code: 'model_unavailable', error: expect.stringMatching(/are refused/) })
  expect(server.connections).toBe(0)
})
