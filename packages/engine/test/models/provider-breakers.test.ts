import type { OpenBreaker } from '@reprise/store'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ModelError } from '../../src/models/model-error.ts'
import { ProviderBreakers } from '../../src/models/provider-breakers.ts'

let told: OpenBreaker[][]
let breakers: ProviderBreakers
beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00Z') })
  told = []
  breakers = new ProviderBreakers((open) => void told.push(open))
})
afterEach(() => {
  breakers.stop()
  vi.useRealTimers()
})

const provider_id = 'provider_1'

/** Half of at least fifteen within fifteen seconds is too much. */
async function failTooOften(): Promise<void> {
  for (let call = 0; call < 15; call++) {
    await expect(breakers.call(provider_id, () => Promise.reject(new ModelError('server_error', 'down')))).rejects.toThrow('down')
    vi.advanceTimersByTime(500)
  }
}

it('a provider that failed too often is left alone for ten seconds; then the next call shows, which is told though none comes', async () => {
  await failTooOften()
  expect(told).toEqual([[{ provider_id, state: 'open', since: '2026-01-01T00:00:07.000Z' }]])
  const call = vi.fn<() => Promise<string>>(() => Promise.resolve('back'))
  await expect(breakers.call(provider_id, call)).rejects.toMatchObject({ kind: 'unavailable', retry_after_ms: 10_000 })
  expect(call).not.toHaveBeenCalled()
  vi.advanceTimersByTime(10_000)
  expect(told.at(-1)).toEqual([{ provider_id, state: 'half_open', since: '2026-01-01T00:00:17.000Z' }])
  expect(await breakers.call(provider_id, call)).toBe('back')
  expect(told.at(-1)).toEqual([])
})

it('one that fails again is left alone again, for as long', async () => {
  await failTooOften()
  vi.advanceTimersByTime(10_000)
  await expect(breakers.call(provider_id, () => Promise.reject(new ModelError('server_error', 'down')))).rejects.toThrow('down')
  expect(told.at(-1)).toMatchObject([{ state: 'open', since: '2026-01-01T00:00:17.500Z' }])
  vi.advanceTimersByTime(10_000)
  expect(told.at(-1)).toMatchObject([{ state: 'half_open', since: '2026-01-01T00:00:27.500Z' }])
})

it('what a call did wrong says nothing of the provider', async () => {
  for (let call = 0; call < 40; call++) await expect(breakers.call(provider_id, () => Promise.reject(new ModelError('invalid_request', 'no')))).rejects.toThrow('no')
  expect(told).toEqual([])
})

it('once it is stopped nothing is told any more', async () => {
  await failTooOften()
  breakers.stop()
  vi.advanceTimersByTime(60_000)
  expect(told).toHaveLength(1)
})
