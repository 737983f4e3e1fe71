import { expect, it } from 'vitest'
import type { Usage } from '@reprise/contract'
import type { ModelCall } from '../../src/models/model-provider.ts'
import { called, listen, resulted, scriptText, simCall, user } from './sim-call.ts'

async function usageOf(call: ModelCall): Promise<Usage> {
  const last = (await listen(call)).chunks.at(-1)
  if (last?.type !== 'finished') throw new Error('the call did not finish')
  return last.usage
}

it('four characters are a token, rounded up', async () => {
  // 'You said: ' is ten characters.
  expect(await usageOf(simCall([user('12345')]))).toEqual({ input_tokens: 2, output_tokens: 4, reasoning_tokens: 0 })
})

it('thinking counts as output and apart', async () => {
  const usage = await usageOf(simCall([user(scriptText({ thinking: '12345678', text: '1234' }))]))
  expect(usage).toMatchObject({ output_tokens: 3, reasoning_tokens: 2 })
})

it('the system prompt, images, tools, thinking blocks, calls and results count as input', async () => {
  const plain = await usageOf(simCall([user('Hi!!')]))
  const tools = [{ name: 'four', description: 'four', parameters: { type: 'object' } }]
  const grown: [number, ModelCall][] = [
    [2, simCall([user('Hi!!')], { system: '12345678' })],
    [250, simCall([user('Hi!!', { type: 'image', media_type: 'image/png' })])],
    // Two names of four, a key of four and a value of six characters.
    [5, simCall([user('Hi!!')], { tools })],
    [1, simCall([{ role: 'agent', content: [], thinking: [{ text: '1234', signature: 'not counted' }] }, user('Hi!!')])],
    // calculator is ten characters; `value` is five, and a number four.
    [5, simCall([called('call_1'), resulted('call_1', { result: { value: 42 } }), user('Hi!!')])],
  ]
  for (const [tokens, call] of grown) expect((await usageOf(call)).input_tokens).toBe(plain.input_tokens + tokens)
})
