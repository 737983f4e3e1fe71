import { describe, expect, it } from 'vitest'
import { ModelError } from '../../src/models/model-error.ts'
import { answered, answerText, called, listen, resulted, scriptText, simCall, user } from './sim-call.ts'

const call = { name: 'calculator', arguments: { expression: '6*7' } }

describe('a step of a script', () => {
  it('comes as thinking, signature, text, tool calls and an end', async () => {
    const step = { thinking: 'A "quoted"\n é', signature: 'c2ln', text: 'Let me see.', tool_calls: [call] }
    const { chunks } = await listen(simCall([user(scriptText(step))]))
    expect(chunks).toEqual([
      { type: 'thinking_started' },
      { type: 'thinking_delta', delta: 'A "quoted"\n é' },
      { type: 'thinking_completed', signature: 'c2ln' },
      { type: 'text_delta', delta: 'Let me see.' },
      { type: 'tool_call', id: 'call_1', ...call },
      { type: 'finished', finish_reason: 'tool_calls', usage: expect.any(Object), response_id: null },
    ])
  })

  it('with an empty text answers with nothing', async () => {
    const { chunks } = await listen(simCall([user(scriptText({ text: '' }))]))
    expect(chunks.map((chunk) => chunk.type)).toEqual(['finished'])
  })

  it('calls with no arguments where it has none', async () => {
    const { chunks } = await listen(simCall([user(scriptText({ tool_calls: [{ name: 'current_time' }] }))]))
    expect(chunks[0]).toEqual({ type: 'tool_call', id: 'call_1', name: 'current_time', arguments: {} })
  })

  it('is chosen by the agent messages since the script, so the same prompt is always the same step', async () => {
    const asked = user(scriptText({ tool_calls: [call] }, { text: 'second' }, { text: 'third' }))
    const messages = [asked, called('call_1'), resulted('call_1', { result: 42 })]
    expect(await answerText(simCall(messages))).toBe('second')
    expect(await answerText(simCall(messages, { attempt: 7 }))).toBe('second')
    expect(await answerText(simCall([...messages, answered('second'), user('go on')]))).toBe('third')
  })
})

describe('tool call ids', () => {
  const step = { tool_calls: [call, call] }

  it('differ within a turn, also between its answers', async () => {
    const messages = [user(scriptText(step, step)), called('call_1', 'call_2'), resulted('call_1', {}), resulted('call_2', {})]
    const { chunks } = await listen(simCall(messages))
    expect(chunks.flatMap((chunk) => (chunk.type === 'tool_call' ? [chunk.id] : []))).toEqual(['call_3', 'call_4'])
  })

  it('repeat in the next turn', async () => {
    const earlier = [user(scriptText(step)), called('call_1', 'call_2'), resulted('call_1', {}), resulted('call_2', {}), answered('Done.')]
    const { chunks } = await listen(simCall([user(scriptText(step))], { earlier_turns: [earlier] }))
    expect(chunks.flatMap((chunk) => (chunk.type === 'tool_call' ? [chunk.id] : []))).toEqual(['call_1', 'call_2'])
  })
})

describe('the script that a turn follows', () => {
  const asked = user(scriptText({ tool_calls: [call] }, { text: 'of the first script' }))
  const played = [asked, called('call_1'), resulted('call_1', { result: 42 })]

  it('goes on when a steer without a script comes', async () => {
    expect(await answerText(simCall([...played, user('hurry')]))).toBe('of the first script')
  })

  it('is replaced by that of a steer, from its first step', async () => {
    expect(await answerText(simCall([...played, user(scriptText({ text: 'of the steer' }))]))).toBe('of the steer')
  })

  it('is never that of an earlier turn, even one that failed without an answer', async () => {
    expect(await answerText(simCall([user('Hello')], { earlier_turns: [played] }))).toBe('You said: Hello')
  })

  it('is the last block of the last text part that has one', async () => {
    const message = user(scriptText({ text: 'one' }), `${scriptText({ text: 'two' })}\n${scriptText({ text: 'three' })}`, 'and a word')
    expect(await answerText(simCall([message]))).toBe('three')
  })

  it('may stand alone, with CRLF line ends, and hold fences in its texts', async () => {
    const text = '```sim\r\n{"steps":[{"text":"```sim is the word"}]}\r\n```'
    expect(await answerText(simCall([user(text)]))).toBe('```sim is the word')
  })

  it.each(['```simple\n{}\n```', 'a ```sim\n{}\n```', '```json\n{}\n```'])('is not in %j', async (text) => {
    expect(await answerText(simCall([user(text)]))).toBe(`You said: ${text}`)
  })

  it('is found past a megabyte of fences that open nothing', async () => {
    const text = `${scriptText({ text: 'found' })}\n${'```simple\n'.repeat(100_000)}`
    expect(await answerText(simCall([user(text)]))).toBe('found')
  })
})

describe('a bad script is an invalid request that names the place', () => {
  it.each([
    ['no JSON', '{"steps":', /^sim script: not valid JSON: /],
    ['no steps', '{}', /^sim script: steps: /],
    ['an empty list', '{"steps":[]}', /^sim script: steps: /],
    ['a call without a name', '{"steps":[{"tool_calls":[{}]}]}', /^sim script: steps\[0\]\.tool_calls\[0\]\.name: /],
    ['an unknown fault', '{"steps":[{"text":"a"},{"fail":{"kind":"418"}}]}', /^sim script: steps\[1\]\.fail\.kind: /],
    ['a misspelled key', '{"steps":[{"tool_call":[]}]}', /^sim script: steps\[0\]: .*"tool_call"/],
    ['a negative delay', '{"steps":[{"ttft_ms":-1}]}', /^sim script: steps\[0\]\.ttft_ms: /],
  ])('%s', async (_what, json, message) => {
    const { fault } = await listen(simCall([user(`\`\`\`sim\n${json}\n\`\`\``)]))
    expect(fault).toBeInstanceOf(ModelError)
    expect(fault).toMatchObject({ kind: 'invalid_request', retryable: false, message: expect.stringMatching(message) })
  })

  it.each(['```sim', '```sim\n{"steps":[{"text":"a"}]}'])('a block that is not closed: %j', async (text) => {
    const { fault } = await listen(simCall([user(text)]))
    expect(fault).toMatchObject({ kind: 'invalid_request', message: expect.stringContaining('not closed') })
  })

  it('arguments of 100,000 levels do not exhaust the stack', async () => {
    const depth = 100_000
    const json = `{"steps":[{"tool_calls":[{"name":"deep","arguments":${'['.repeat(depth)}${']'.repeat(depth)}}]}]}`
    const { fault } = await listen(simCall([user(`\`\`\`sim\n${json}\n\`\`\``)]))
    expect(fault).toBeUndefined()
  })
})
