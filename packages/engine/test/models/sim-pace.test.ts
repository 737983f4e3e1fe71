import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSimProvider } from '../../src/models/sim/sim-provider.ts'
import { listen, scriptText, simCall, textOf, user } from './sim-call.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** The milliseconds after the start at which each delta came. */
async function timeDeltas(step: object): Promise<{ at: number; delta: string }[]> {
  const start = Date.now()
  const deltas: { at: number; delta: string }[] = []
  const told = (async () => {
    for await (const chunk of createSimProvider().stream(simCall([user(scriptText(step))]), new AbortController().signal)) {
      if (chunk.type === 'text_delta' || chunk.type === 'thinking_delta') deltas.push({ at: Date.now() - start, delta: chunk.delta })
    }
  })()
  await vi.runAllTimersAsync()
  await told
  return deltas
}

describe('pace', () => {
  it('none is asked for: one delta, and no timer was ever set', async () => {
    const { chunks } = await listen(simCall([user(scriptText({ thinking: 'hm', text: 'x'.repeat(10_000) }))]))
    expect(chunks.map((chunk) => chunk.type)).toEqual(['thinking_started', 'thinking_delta', 'thinking_completed', 'text_delta', 'finished'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ttft_ms holds the first token back, thinking or not', async () => {
    expect(await timeDeltas({ ttft_ms: 300, text: 'Hello' })).toEqual([{ at: 300, delta: 'Hello' }])
    expect(await timeDeltas({ ttft_ms: 300, thinking: 'hm', text: '' })).toEqual([{ at: 300, delta: 'hm' }])
  })

  it('tokens_per_second spreads four characters a token over time', async () => {
    expect(await timeDeltas({ tokens_per_second: 10, thinking: 'abcde', text: 'fghi' })).toEqual([
      { at: 0, delta: 'abcd' },
      { at: 100, delta: 'e' },
      { at: 200, delta: 'fghi' },
    ])
  })

  it('a fast model says more per delta, at most 50 deltas a second', async () => {
    const deltas = await timeDeltas({ tokens_per_second: 1000, text: 'x'.repeat(4000) })
    expect(deltas).toHaveLength(50)
    expect(deltas.at(-1)).toEqual({ at: 980, delta: 'x'.repeat(80) })
  })

  it('deltas put together are the text, and none tears a surrogate pair', async () => {
    const text = 'ab👋'.repeat(100)
    const deltas = await timeDeltas({ tokens_per_second: 40, text: `a${text}` })
    expect(deltas.map(({ delta }) => delta).join('')).toBe(`a${text}`)
    expect(deltas.every(({ delta }) => delta.isWellFormed())).toBe(true)
  })

  it('an abort ends a pause at once, with its reason, and leaves no timer', async () => {
    const controller = new AbortController()
    const heard = listen(simCall([user(scriptText({ tokens_per_second: 1, text: 'abcdefgh' }))]), controller.signal)
    await vi.advanceTimersByTimeAsync(500)
    const reason = new Error('cancelled')
    controller.abort(reason)
    const { chunks, fault } = await heard
    expect(textOf(chunks)).toBe('abcd')
    expect(fault).toBe(reason)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a long answer leaves no listener on the signal', async () => {
    const { signal } = new AbortController()
    const heard = listen(simCall([user(scriptText({ tokens_per_second: 1, text: 'x'.repeat(100) }))]), signal)
    await vi.runAllTimersAsync()
    expect((await heard).fault).toBeUndefined()
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})
