import { expect, it, vi } from 'vitest'
import { pause, pauseUntilAborted } from '../../src/turn/pause.ts'
import { createSimProvider } from '../../src/models/sim/sim-provider.ts'
import { scriptText, simCall, user } from './sim-call.ts'

const reason = new Error('cancelled')

// An aborted signal tells no new listener: without a look at it, such a pause would last its whole time, or for ever.
it('a pause that begins after the abort ends at once', async () => {
  await expect(pause(600_000, AbortSignal.abort(reason))).rejects.toBe(reason)
  await expect(pauseUntilAborted(AbortSignal.abort(reason))).rejects.toBe(reason)
})

it('a listener that aborts between two deltas hears no more of them', async () => {
  vi.useFakeTimers()
  const controller = new AbortController()
  const heard: string[] = []
  const call = simCall([user(scriptText({ tokens_per_second: 1, text: 'abcdefgh' }))])
  const listening = (async () => {
    for await (const chunk of createSimProvider().stream(call, controller.signal)) {
      heard.push(chunk.type)
      controller.abort(reason)
    }
  })()
  await expect(listening).rejects.toBe(reason)
  expect(heard).toEqual(['text_delta'])
  vi.useRealTimers()
})
