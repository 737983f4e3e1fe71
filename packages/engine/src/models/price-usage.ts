import type { ModelPrices, Usage } from '@reprise/contract'

/** A price in USD per million tokens is one in millionths of a dollar per token. */
const microsPerDollar = 1_000_000

/** Usage with what it cost, where the model's prices say it. Rounded to millionths of a dollar. */
export function priceUsage(usage: Usage, prices: ModelPrices | null): Usage {
  if (prices === null || prices.input === null || prices.output === null) return usage
  const { input, output } = prices
  const { input_tokens, output_tokens, cache_read_tokens = 0, cache_write_tokens = 0 } = usage
  const plainTokens = Math.max(0, input_tokens - cache_read_tokens - cache_write_tokens)
  const micros = plainTokens * input + cache_read_tokens * (prices.cache_read ?? input) + cache_write_tokens * (prices.cache_write ?? input) + output_tokens * output
  return { ...usage, cost_usd: Math.round(micros) / microsPerDollar }
}

/** A sum of costs, without what adding fractions leaves behind. */
export function addCosts(first: number | undefined, second: number): number {
  return Math.round(((first ?? 0) + second) * microsPerDollar) / microsPerDollar
}
