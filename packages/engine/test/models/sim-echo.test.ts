import { describe, expect, it } from 'vitest'
import { answered, answerText, called, listen, resulted, scriptText, simCall, user } from './sim-call.ts'

const png = { type: 'image', media_type: 'image/png' } as const

describe('the sim model without a script', () => {
  it('says what the user said, in one delta', async () => {
    const { chunks } = await listen(simCall([user('Hello 👋')]))
    expect(chunks).toEqual([
      { type: 'text_delta', delta: 'You said: Hello 👋' },
      { type: 'finished', finish_reason: 'stop', usage: expect.any(Object), response_id: null },
    ])
  })

  it.each([
    ['an image', [png], 'I see an image (image/png).'],
    ['a text and an image', ['What is this?', png], 'You said: What is this?\n\nI see an image (image/png).'],
    ['two images', [png, { ...png, media_type: 'image/webp' }], 'I see 2 images (image/png, image/webp).'],
    ['two texts', ['one', 'two'], 'You said: one\ntwo'],
  ])('names %s', async (_what, content, answer) => {
    expect(await answerText(simCall([user(...content)]))).toBe(answer)
  })

  it('answers the last message only', async () => {
    expect(await answerText(simCall([user('second')], { earlier_turns: [[user('first'), answered('You said: first')]] }))).toBe('You said: second')
  })

  it('quotes at most 2000 characters and tears no surrogate pair', async () => {
    const answer = await answerText(simCall([user(`a${'👋'.repeat(1500)}`)]))
    expect(answer).toBe(`You said: a${'👋'.repeat(1000)}…`)
  })

  it('never loads an image', async () => {
    const load = (): Promise<never> => Promise.reject(new Error('loaded'))
    expect(await answerText(simCall([user({ ...png, image_id: 'img_1', load })]))).toBe('I see an image (image/png).')
  })
})

describe('the sim model after its script', () => {
  const asked = user(scriptText({ tool_calls: [{ name: 'calculator' }] }))

  it.each([
    ['a text', { result: 'sunny' }, 'The tool answered: sunny'],
    ['JSON', { result: { value: 42 } }, 'The tool answered: {"value":42}'],
    ['nothing', {}, 'The tool answered: null'],
    ['an error', { error: 'division by zero' }, 'The tool failed: division by zero'],
  ])('closes with the last result when it is %s', async (_what, outcome, answer) => {
    expect(await answerText(simCall([asked, called('call_1'), resulted('call_1', outcome)]))).toBe(answer)
  })

  it('echoes a steer that came after the last result', async () => {
    expect(await answerText(simCall([asked, called('call_1'), resulted('call_1', {}), user('And now?')]))).toBe('You said: And now?')
  })

  it('says so when there is nothing to quote', async () => {
    expect(await answerText(simCall([user(scriptText({ fail: { kind: '500' } }))], { attempt: 2 }))).toBe('Done.')
  })
})

describe('thinking by default', () => {
  it.each(['minimal', 'high'] as const)('is signed and comes first at effort %s', async (reasoning_effort) => {
    const { chunks } = await listen(simCall([user('Hello')], { reasoning_effort }))
    expect(chunks.slice(0, 4)).toEqual([
      { type: 'thinking_started' },
      { type: 'thinking_delta', delta: `Thinking with ${reasoning_effort} effort.` },
      { type: 'thinking_completed', signature: 'sim' },
      { type: 'text_delta', delta: 'You said: Hello' },
    ])
  })

  it.each([null, 'none'] as const)('is absent at effort %s', async (reasoning_effort) => {
    const { chunks } = await listen(simCall([user('Hello')], { reasoning_effort }))
    expect(chunks.map((chunk) => chunk.type)).toEqual(['text_delta', 'finished'])
  })
})
