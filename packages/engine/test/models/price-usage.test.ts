import { expect, test } from 'vitest'
import { addCosts, priceUsage } from '../../src/models/price-usage.ts'

const usage = { input_tokens: 1_000, output_tokens: 100, cache_read_tokens: 600, cache_write_tokens: 200, reasoning_tokens: 50 }

test('every token is paid once, at its own price; reasoning is output', () => {
  const prices = { input: 2, output: 10, cache_read: 0.2, cache_write: 2.5 }
  expect(priceUsage(usage, prices)).toEqual({ ...usage, cost_usd: (200 * 2 + 600 * 0.2 + 200 * 2.5 + 100 * 10) / 1e6 })
})

test('the cache costs as much as other input where it has no price', () => {
  expect(priceUsage(usage, { input: 3, output: 0, cache_read: null, cache_write: null }).cost_usd).toBe(0.003)
})

test('a vendor that counts the cache apart never makes input less than nothing', () => {
  expect(priceUsage({ input_tokens: 10, output_tokens: 0, cache_read_tokens: 100 }, { input: 1, output: 1, cache_read: 0, cache_write: 0 }).cost_usd).toBe(0)
})

test('without prices there is no cost', () => {
  for (const prices of [null, { input: null, output: 1, cache_read: null, cache_write: null }, { input: 1, output: null, cache_read: null, cache_write: null }]) {
    expect(priceUsage(usage, prices)).toEqual(usage)
  }
})

test('sums have six decimals and no tail', () => {
  expect(addCosts(addCosts(undefined, 0.1), 0.2)).toBe(0.3)
})
