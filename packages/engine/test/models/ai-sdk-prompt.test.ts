import { describe, expect, test } from 'vitest'
import type { ModelCall, PromptMessage } from '../../src/models/model-provider.ts'
import { blocksOf, type AnthropicRequest } from '../protocol/anthropic-protocol.ts'
import { startAnthropicServer } from '../protocol/anthropic-server.ts'
import type { OpenAiRequest } from '../protocol/openai-protocol.ts'
import { startOpenAiServer } from '../protocol/openai-server.ts'
import { callOf, callsOf, connect, hear, listen, messageOf, startServerOf, textOf, vendorNames, type VendorName } from '../support/provider-under-test.ts'
import { answered, called, resulted, user } from './sim-call.ts'

const calculator = { name: 'calculator', description: 'Calculates.', parameters: { type: 'object', properties: { expression: { type: 'string' } } } }
const thoughts = 'He said "no\\yes",\nthen é and 👩‍🚀.\n\nSo be it.'

async function askAnthropic(messages: PromptMessage[], changes: Partial<ModelCall> = {}): Promise<AnthropicRequest> {
  const server = await startAnthropicServer()
  await hear(connect('anthropic', server.url), callOf('anthropic', messages, changes)).finally(() => server.close())
  return server.requests[0]!.body
}

async function askOpenAi(name: 'openai' | 'openai_compatible', messages: PromptMessage[], changes: Partial<ModelCall> = {}): Promise<OpenAiRequest> {
  const server = await startOpenAiServer()
  await hear(connect(name, server.url), callOf(name, messages, changes)).finally(() => server.close())
  return server.requests[0]!.body
}

describe.each(vendorNames)('a prompt of %s', (name) => {
  test('goes on after thinking and tool calls as the vendor demands it, as often as the model calls', async () => {
    const server = await startServerOf(name)
    const provider = connect(name, server.url)
    const messages: PromptMessage[] = [user('hello')]
    for (let round = 0; round < 3; round++) {
      server.queue({ says: [{ thinking: `${thoughts} ${round}` }, { text: 'Let me see.' }, { call: 'calculator', id: `call_${round}`, arguments: { expression: '6*7' } }, { call: 'nothing', id: `call_b${round}` }], unitsPerDelta: 1 })
      messages.push(messageOf(await hear(provider, callOf(name, messages, { tools: [calculator] }))), resulted(`call_${round}`, { result: { value: 42 } }), resulted(`call_b${round}`, { error: 'There is no such tool.' }))
    }
    expect(textOf(await hear(provider, callOf(name, messages, { tools: [calculator] })))).toContain('You said')
  })

  test('is the same to the byte in its beginning, whatever comes behind it', async () => {
    const server = await startServerOf(name)
    const provider = connect(name, server.url)
    const earlier = [[user('one'), answered('eins')], [user('two'), answered('zwei')]]
    const messages = [user('three'), called('a'), resulted('a', { result: 3 })]
    const changes = { system: 'Be brief.', tools: [calculator] }
    await hear(provider, callOf(name, messages.slice(0, 1), { ...changes, earlier_turns: earlier }))
    await hear(provider, callOf(name, messages, { ...changes, earlier_turns: earlier }))
    const [first, second] = server.requests.map(({ raw }) => raw.toString().replaceAll(',"cache_control":{"type":"ephemeral"}', ''))
    const end = first!.indexOf('three')
    expect(end).toBeGreaterThan(0)
    expect(second!.slice(0, end)).toBe(first!.slice(0, end))
  })

  test('has no two messages of one role in a row, and none that says nothing', async () => {
    const server = await startServerOf(name)
    const empty: PromptMessage = { role: 'agent', content: [{ type: 'text', text: '' }], thinking: [] }
    const messages = [user('one'), empty, user(' \n'), user('two'), answered('a'), answered('b'), user('three')]
    expect(textOf(await hear(connect(name, server.url), callOf(name, messages)))).toContain('three')
  })

  test('survives calls that the model made up: arguments that are no object, names and ids that no vendor takes', async () => {
    const server = await startServerOf(name)
    const call = { type: 'tool_call' as const, id: 'functions.x:0', name: 'functions.x!', arguments: '{"a": ' }
    const messages: PromptMessage[] = [user('hi'), { role: 'agent', content: [call], thinking: [] }, resulted('functions.x:0', { error: 'no such tool' })]
    const { fault } = await listen(connect(name, server.url), callOf(name, messages))
    expect(fault).toBeUndefined()
    expect(server.requests[0]!.raw.toString()).not.toContain('functions.x!')
  })

  test('shows images as they are loaded, or by their url where the vendor fetches it, also those of tool results', async () => {
    const server = await startServerOf(name)
    const image = { type: 'image' as const, media_type: 'image/png', load: async () => ({ media_type: 'image/png' as const, base64: 'AAAA' }) }
    const byUrl = { ...image, url: 'https://pictures.example/cat.png' }
    const results: PromptMessage[] = ['a', 'b'].map((id) => ({ role: 'tool_result', content: [{ type: 'tool_result', tool_call_id: id, result: 'seen', images: [image] }] }))
    const { fault } = await listen(connect(name, server.url), callOf(name, [user('look', image, byUrl), called('a', 'b'), ...results]))
    expect(fault).toBeUndefined()
    const raw = server.requests[0]!.raw.toString()
    const isFetched = name !== 'openai_compatible'
    expect(raw.split('AAAA').length - 1).toBe(isFetched ? 3 : 4)
    expect(raw.includes('https://pictures.example/cat.png')).toBe(isFetched)
  })

  test.each(['low', 'high'] as const)('asks for %s effort in the vendor’s own words', async (reasoning_effort) => {
    const server = await startServerOf(name)
    await hear(connect(name, server.url), callOf(name, [user('hi')], { reasoning_effort }))
    const words: Record<VendorName, object> = {
      anthropic: { thinking: { type: 'enabled', budget_tokens: reasoning_effort === 'low' ? 6400 : 38400 } },
      openai: { reasoning: { effort: reasoning_effort, summary: 'auto' } },
      openai_compatible: { reasoning_effort },
    }
    expect(server.requests[0]!.body).toMatchObject(words[name])
  })

  test('says nothing of effort when none was chosen, and turns thinking off when it is to be none', async () => {
    const server = await startServerOf(name)
    const provider = connect(name, server.url)
    await hear(provider, callOf(name, [user('hi')]))
    await hear(provider, callOf(name, [user('hi')], { reasoning_effort: 'none', ...(name === 'openai' && { model: 'gpt-5.1' }) }))
    const [unset, none] = server.requests.map(({ body }) => JSON.stringify(body))
    expect(unset).not.toMatch(/"effort"|"thinking"|reasoning_effort/)
    expect(none).toMatch(/"thinking":\{"type":"disabled"\}|"effort":"none"|"reasoning_effort":"none"/)
  })

  test('keeps the model from calling tools side by side, if it must not', async () => {
    const server = await startServerOf(name)
    await hear(connect(name, server.url), callOf(name, [user('hi')], { parallel_tool_calls: false, tools: [calculator] }))
    expect(server.requests[0]!.raw.toString()).toMatch(/"disable_parallel_tool_use":true|"parallel_tool_calls":false/)
  })
})

describe('thinking', () => {
  test('of Anthropic goes back where it was, signed or redacted, also behind text', async () => {
    const server = await startServerOf('anthropic')
    const provider = connect('anthropic', server.url)
    server.queue({ says: [{ thinking: thoughts }, { redacted: 'x' }, { call: 'calculator', id: 'a' }] })
    const answer = messageOf(await hear(provider, callOf('anthropic', [user('hi')])))
    await hear(provider, callOf('anthropic', [user('hi'), answer, resulted('a', { result: 1 })]))
    const sent = blocksOf((server.requests[1]!.body as AnthropicRequest).messages[1]!)
    expect(sent.map((block) => block.type)).toEqual(['thinking', 'redacted_thinking', 'tool_use'])
    expect(sent[0]!['thinking']).toBe(thoughts)
  })

  test('that stood between text and tool calls is put back there', async () => {
    const server = await startServerOf('anthropic')
    const provider = connect('anthropic', server.url)
    server.queue({ says: ['First. ', { thinking: 'Hm.' }, 'Second.', { call: 'calculator', id: 'a' }, { thinking: 'More.' }, { call: 'calculator', id: 'b' }] })
    const said = await hear(provider, callOf('anthropic', [user('hi')]))
    const [hm, more] = messageOf(said).role === 'agent' ? (messageOf(said) as Extract<PromptMessage, { role: 'agent' }>).thinking : []
    const answer: PromptMessage = { role: 'agent', content: [{ type: 'text', text: textOf(said) }, ...callsOf(said)], thinking: [{ ...hm!, text_before: 7 }, { ...more!, text_before: 14, calls_before: 1 }] }
    await hear(provider, callOf('anthropic', [user('hi'), answer, resulted('a', { result: 1 }), resulted('b', { result: 1 })]))
    expect(blocksOf((server.requests[1]!.body as AnthropicRequest).messages[1]!).map((block) => block['text'] ?? block['thinking'] ?? block['id'])).toEqual(['First. ', 'Hm.', 'Second.', 'a', 'More.', 'b'])
  })

  test.each([
    ['openai', { text: 'half a thou', signature: null }],
    ['anthropic', { text: 'half a thou', signature: null }],
    ['openai', { text: 'no cipher', signature: null, vendor_json: '{"openai":{"itemId":"rs_1","reasoningEncryptedContent":null}}' }],
  ] as const)('of %s that was cut before its mark is dropped whole', async (name, block) => {
    const server = await startServerOf(name)
    const messages: PromptMessage[] = [user('hi'), { role: 'agent', content: [{ type: 'text', text: 'So.' }], thinking: [block] }, user('go on')]
    await hear(connect(name, server.url), callOf(name, messages))
    expect(server.requests[0]!.raw.toString()).not.toContain(block.text)
  })

  test('without a signature goes back to compatible servers until the turn is over, and not after', async () => {
    const message: PromptMessage = { role: 'agent', content: called('a').content as [], thinking: [{ text: 'plain thoughts', signature: null }] }
    const past = [user('hi'), message, resulted('a', { result: 1 })]
    expect((await askOpenAi('openai_compatible', past)).messages[1]).toMatchObject({ reasoning_content: 'plain thoughts' })
    const later = await askOpenAi('openai_compatible', [user('more')], { earlier_turns: [[...past, answered('one')]] })
    expect(JSON.stringify(later)).not.toContain('plain thoughts')
  })

  test('altered in one character, or missing, is refused by the server, so the tests above can fail', async () => {
    const server = await startServerOf('anthropic')
    const provider = connect('anthropic', server.url)
    server.queue({ says: [{ thinking: 'Hm.' }, { call: 'calculator', id: 'a' }] })
    const answer = messageOf(await hear(provider, callOf('anthropic', [user('hi')]))) as Extract<PromptMessage, { role: 'agent' }>
    const ask = async (thinking: typeof answer.thinking) => (await listen(provider, callOf('anthropic', [user('hi'), { ...answer, thinking }, resulted('a', { result: 1 })]))).fault
    expect(await ask([{ ...answer.thinking[0]!, text: 'Hm!' }])).toMatchObject({ message: expect.stringContaining('Invalid `signature`') })
    expect(await ask([])).toMatchObject({ message: expect.stringContaining('cannot be modified') })
    expect(await ask(answer.thinking)).toBeUndefined()
    expect((await listen(provider, callOf('anthropic', [user('hi'), answer]))).fault).toMatchObject({ message: expect.stringContaining('without `tool_result`') })
  })
})

describe('an Anthropic prompt', () => {
  const countMarks = (value: unknown) => JSON.stringify(value).split('"cache_control"').length - 1

  test('marks for the cache: what never changes, the past, where the last call ended, and its end', async () => {
    const earlier_turns = [[user('one'), answered('eins')], [user('two'), answered('zwei')]]
    const messages = [user('three'), called('a'), resulted('a', { result: 1 }), called('b'), resulted('b', { result: 2 })]
    const { system, messages: sent } = await askAnthropic(messages, { earlier_turns, system: 'Be brief.', tools: [calculator] })
    expect(countMarks(system)).toBe(1)
    expect(sent.map((message) => countMarks(message))).toEqual([0, 0, 0, 1, 0, 0, 1, 0, 1])
  })

  test('without a system prompt marks its tools', async () => {
    const body = await askAnthropic([user('one')], { tools: [calculator, { ...calculator, name: 'other' }] })
    expect(body.tools!.map((tool) => countMarks(tool))).toEqual([0, 1])
  })
})

describe('an OpenAI prompt', () => {
  test('depends on nothing that the vendor stores, and asks for the reasoning encrypted', async () => {
    expect(await askOpenAi('openai', [user('hi')])).toMatchObject({ store: false, include: ['reasoning.encrypted_content'] })
  })

  test('does not make the schemas of tools strict', async () => {
    expect(await askOpenAi('openai', [user('hi')], { tools: [calculator] })).toMatchObject({ tools: [{ strict: false, parameters: calculator.parameters }] })
  })
})

test.each<[VendorName, string]>([
  ['anthropic', ''],
  ['anthropic', '/v1'],
  ['openai', ''],
  ['openai_compatible', '/v1/'],
])('%s finds its server by a base_url that ends in "%s"', async (name, ending) => {
  const server = await startServerOf(name)
  expect(textOf(await hear(connect(name, `http://${server.place}${ending}`), callOf(name, [user('hi')])))).toBe('You said: hi')
})

test('a vendor without a key is not asked, nor is one without an address; a compatible server needs no key', async () => {
  expect(() => connect('anthropic', 'https://x.example', { api_key: null })).toThrow(expect.objectContaining({ kind: 'unavailable', retryable: false }))
  const server = await startServerOf('openai_compatible', { key: null })
  await hear(connect('openai_compatible', server.url, { api_key: null }), callOf('openai_compatible', [user('hi')]))
  expect(server.requests[0]!.headers.authorization).toBeUndefined()
})
