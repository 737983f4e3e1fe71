import { describe, expect, it } from 'vitest'
import { estimateFixed, estimateMessage } from '../../src/prompt/estimate-tokens.ts'
import { estimateText } from '../../src/prompt/estimate-text.ts'
import { tokenRatesOf } from '../../src/prompt/token-rates.ts'
import { contextBudgetOf } from '../../src/prompt/context-budget.ts'
import { makeTurnModel } from '../support/turn-model.ts'
import { textSamples } from './text-samples.ts'

describe('the estimate of a text', () => {
  it.each(textSamples)('is at least what public tokenizers count: $name', ({ text, o200k, cl100k, claude2 }) => {
    const estimate = (type: string) => estimateText(text, tokenRatesOf(type).text)
    expect(estimate('openai') / o200k).toBeGreaterThan(0.98)
    expect(estimate('openai_compatible') / Math.max(o200k, cl100k)).toBeGreaterThan(0.98)
    // Later Claude models make more tokens than the one whose tokenizer is public.
    expect(estimate('anthropic') / claude2).toBeGreaterThan(1.1)
  })

  it.each(textSamples.filter(({ isOrdinary }) => isOrdinary))('is not far above it, where most texts are: $name', ({ text, o200k, cl100k, claude2 }) => {
    const estimate = (type: string) => estimateText(text, tokenRatesOf(type).text)
    expect(estimate('openai') / o200k).toBeLessThan(1.4)
    expect(estimate('openai_compatible') / cl100k).toBeLessThan(1.5)
    expect(estimate('anthropic') / claude2).toBeLessThan(1.8)
  })

  it('takes one pass, whatever the text', () => {
    for (const piece of ['a', 'A', '1', ' ', '\n', '-', 'ü', '汉', '😀', 'aB1-']) expect(estimateText(piece.repeat(200_000), tokenRatesOf('openai').text)).toBeGreaterThan(0)
  })
})

describe('the estimate of a message', () => {
  it('counts images by the provider, in a message and in a tool result', () => {
    const image = { type: 'image' as const, url: 'https://example.com/a.png' }
    const images = [{ image_id: 'img_00000000000000000000000000000001', media_type: 'image/png' as const }]
    for (const provider_type of ['openai', 'anthropic', 'ollama', 'sim']) {
      const { image: tokens } = tokenRatesOf(provider_type)
      expect(estimateMessage({ role: 'user', content: [image, image] }, makeTurnModel({ provider_type }))).toBeGreaterThanOrEqual(2 * tokens)
      expect(estimateMessage({ role: 'tool_result', content: [{ type: 'tool_result', tool_call_id: 'a', result: null, images }] }, makeTurnModel({ provider_type }))).toBeGreaterThanOrEqual(tokens)
    }
  })

  it('counts the thinking of the same model only, and encrypted thinking by its signature', () => {
    const thinking = [{ text: 'Let me think about it for a while.', signature: 's'.repeat(6_000) }]
    const say = (model_id: string) => estimateMessage({ role: 'agent', id: 'a', content: [], thinking, model_id, usage: null }, makeTurnModel())
    expect(say('model_b')).toBeLessThan(10)
    expect(say('model_a')).toBeGreaterThanOrEqual(1_000)
  })

  it('of tools and system prompt counts each, by the provider', () => {
    const tool = { name: 'search', description: 'Searches the web.', parameters: { type: 'object', properties: { query: { type: 'string' } } } }
    const one = estimateFixed('You help.', [tool], makeTurnModel())
    expect(estimateFixed(null, [], makeTurnModel())).toBe(0)
    expect(estimateFixed('You help.', [tool, tool], makeTurnModel())).toBeGreaterThan(one)
    expect(estimateFixed('You help.', [tool], makeTurnModel({ provider_type: 'anthropic' }))).toBeGreaterThan(one)
  })
})

describe('the room for a prompt', () => {
  it('leaves room for an answer: as long as the model’s may be, at most half of the window, or an eighth', () => {
    expect(contextBudgetOf(makeTurnModel({ max_output_tokens: 28_000 }))).toEqual({ tokensMax: 100_000, tokensKept: 80_000 })
    expect(contextBudgetOf(makeTurnModel({ max_output_tokens: 128_000 })).tokensMax).toBe(64_000)
    expect(contextBudgetOf(makeTurnModel({ context_window: 32_000 })).tokensMax).toBe(28_000)
    expect(contextBudgetOf(makeTurnModel({ context_window: 1_000_000, max_output_tokens: null })).tokensMax).toBe(984_000)
  })
})
