import { describe, expect, test } from 'vitest'
import { callOf, callsOf, connect, finishOf, hear, startServerOf, textOf, thinkingOf, vendorNames, type VendorName } from '../support/provider-under-test.ts'
import { user } from './sim-call.ts'

/** What is easily broken on its way: quotes, a backslash, a newline, é, an emoji that every cut tears. */
const awkward = 'He said "no\\yes",\nthen é and 👩‍🚀👍🏽 — 😀😀😀 end.'
const tools = [{ name: 'calculator', description: 'Calculates.', parameters: { type: 'object', properties: { expression: { type: 'string' } } } }]

async function answer(name: VendorName, ...args: Parameters<Awaited<ReturnType<typeof startServerOf>>['queue']>) {
  const server = await startServerOf(name)
  server.queue(...args)
  return await hear(connect(name, server.url), callOf(name, [user('hello')], { tools }))
}

describe.each(vendorNames)('an answer of %s', (name) => {
  test('is its text to the byte, in whole characters, however the vendor cuts it', async () => {
    for (const unitsPerDelta of [1, 2, 3, 1000]) {
      const chunks = await answer(name, { says: [awkward], unitsPerDelta })
      expect(textOf(chunks)).toBe(awkward)
      for (const chunk of chunks) if ('delta' in chunk) expect(chunk.delta !== '' && chunk.delta.isWellFormed()).toBe(true)
    }
  })

  test('ends with why it ended, its usage and the vendor’s id of it', async () => {
    const chunks = await answer(name, { says: ['ok'], usage: { input: 30, output: 7, cache_read: 20, reasoning: 3 } })
    // Anthropic counts what it reads from its cache apart from the rest of the prompt.
    const input_tokens = name === 'anthropic' ? 50 : 30
    expect(chunks.at(-1)).toMatchObject({ type: 'finished', finish_reason: 'stop', response_id: expect.stringMatching(/./), usage: { input_tokens, output_tokens: 7, cache_read_tokens: 20, reasoning_tokens: 3 } })
  })

  test.each([
    ['length', 'length'],
    ['content_filter', 'content_filter'],
  ] as const)('that the vendor ended with %s says so', async (finish, finish_reason) => {
    expect(finishOf(await answer(name, { says: ['only ha'], finish }))).toMatchObject({ finish_reason })
  })

  test('with thinking tells it before the text', async () => {
    const chunks = await answer(name, { says: [{ thinking: awkward }, 'So.'], unitsPerDelta: 1 })
    expect(thinkingOf(chunks)).toEqual([expect.objectContaining({ text: awkward })])
    expect(textOf(chunks)).toBe('So.')
    const types = chunks.map((chunk) => chunk.type)
    expect(types.indexOf('thinking_completed')).toBeLessThan(types.indexOf('text_delta'))
  })

  test('with several tool calls gives each whole, with its arguments', async () => {
    const said = [{ call: 'calculator', id: 'call_a', arguments: { expression: awkward } }, { call: 'calculator', id: 'call_b' }]
    const chunks = await answer(name, { says: ['Let me see.', ...said], unitsPerDelta: 1 })
    expect(callsOf(chunks)).toEqual([
      { type: 'tool_call', id: 'call_a', name: 'calculator', arguments: { expression: awkward } },
      { type: 'tool_call', id: 'call_b', name: 'calculator', arguments: {} },
    ])
    expect(finishOf(chunks)).toMatchObject({ finish_reason: 'tool_calls' })
  })

  test('with arguments that are no JSON gives their text, and fails nothing', async () => {
    const chunks = await answer(name, { says: [{ call: 'calculator', raw: '{"expression": 6*' }] })
    expect(callsOf(chunks)).toMatchObject([{ name: 'calculator', arguments: '{"expression": 6*' }])
  })
})

describe('thinking', () => {
  test('of Anthropic comes with its signature, and redacted thinking with its data', async () => {
    const chunks = await answer('anthropic', { says: [{ thinking: 'Hm.' }, { redacted: 'secret' }, { thinking: 'Yes.' }, 'So.'] })
    expect(thinkingOf(chunks)).toEqual([
      { text: 'Hm.', signature: expect.stringMatching(/^.{44}$/) },
      { text: '', signature: null, vendor_json: expect.stringContaining('redactedData') },
      { text: 'Yes.', signature: expect.stringMatching(/^.{44}$/) },
    ])
  })

  test('of OpenAI comes encrypted beside its summary', async () => {
    const chunks = await answer('openai', { says: [{ thinking: 'One.\n\nTwo.' }, 'So.'] })
    expect(thinkingOf(chunks).map((block) => block.text)).toEqual(['One.', 'Two.'])
    expect(JSON.parse(thinkingOf(chunks)[1]!.vendor_json!)).toEqual({ openai: { itemId: expect.stringMatching(/^rs_/), reasoningEncryptedContent: expect.any(String) } })
  })

  test('that holds half a surrogate pair, or a NUL, comes as it was sent', async () => {
    for (const thinking of ['half \ud83d', '\ud83d is half', 'a\0b']) {
      expect(thinkingOf(await answer('anthropic', { says: [{ thinking }, 'So.'] }))).toMatchObject([{ text: thinking }])
    }
  })
})
