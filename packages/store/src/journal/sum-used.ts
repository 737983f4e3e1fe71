import type { Usage } from '@reprise/contract'

/** Usage as a session's head sums it up: in integers, so that no sum drifts. */
export type UsageTotals = Partial<Omit<Usage, 'cost_usd'>> & { cost_micro_usd?: number }

const microsPerDollar = 1_000_000

/** What the messages of an append have used; null when none has used anything. */
export function sumUsed(messages: readonly { usage: Usage | null }[]): UsageTotals | null {
  let total: UsageTotals | null = null
  for (const { usage } of messages) {
    if (!usage) continue
    const { cost_usd, ...tokens } = usage
    const used: UsageTotals = cost_usd === undefined ? tokens : { ...tokens, cost_micro_usd: Math.round(cost_usd * microsPerDollar) }
    total = total === null ? used : add(total, used)
  }
  return total
}

export function showUsage({ cost_micro_usd, ...tokens }: UsageTotals): Usage {
  return { input_tokens: 0, output_tokens: 0, ...tokens, ...(cost_micro_usd !== undefined && { cost_usd: cost_micro_usd / microsPerDollar }) }
}

function add(first: UsageTotals, second: UsageTotals): UsageTotals {
  const sum = { ...first }
  for (const [key, count] of Object.entries(second) as [keyof UsageTotals, number][]) sum[key] = (sum[key] ?? 0) + count // its own keys
  return sum
}
