import type { LanguageModelV4Usage } from '@ai-sdk/provider'
import type { Usage } from '@reprise/contract'

/** `input_tokens` are all of the prompt's, those read from and written to the cache among them; `output_tokens` likewise. */
export function readUsage({ inputTokens, outputTokens }: LanguageModelV4Usage): Usage {
  return {
    input_tokens: toCount(inputTokens.total) ?? 0,
    output_tokens: toCount(outputTokens.total) ?? 0,
    ...name('cache_read_tokens', toCount(inputTokens.cacheRead)),
    ...name('cache_write_tokens', toCount(inputTokens.cacheWrite)),
    ...name('reasoning_tokens', toCount(outputTokens.reasoning)),
  }
}

/** Any server may say anything. */
function toCount(tokens: number | undefined): number | undefined {
  return tokens !== undefined && Number.isSafeInteger(tokens) && tokens >= 0 ? tokens : undefined
}

function name(key: keyof Usage, tokens: number | undefined): Partial<Usage> {
  return tokens === undefined ? {} : { [key]: tokens }
}
