import { inspect } from 'node:util'
import { ModelError } from './model-error.ts'
import type { ModelProvider } from './model-provider.ts'

/** Where a key stood in words of a provider. */
const hidden = '[key]'
/** What is shorter is no secret, such as the "none" that local servers ask for, and a word like any other. */
const keyCharactersMin = 8

/**
 * A provider whose errors do not tell its key, whatever the server at the other end says: their words go into the log,
 * and to callers who may see details.
 */
export function hideKey(provider: ModelProvider, apiKey: string): ModelProvider {
  if (apiKey.length < keyCharactersMin) return provider
  return {
    type: provider.type,
    images: provider.images,
    async *stream(call, signal) {
      try {
        yield* provider.stream(call, signal)
      } catch (error) {
        throw tells(error, apiKey) ? withoutKey(error, apiKey) : error
      }
    },
  }
}

/** An error of a library holds what was sent and answered in fields of its own, which a log writes out too. */
function tells(error: unknown, apiKey: string): boolean {
  return inspect(error, { depth: 10, maxStringLength: null, maxArrayLength: null, showHidden: true }).includes(apiKey)
}

function withoutKey(error: unknown, apiKey: string): Error {
  const message = hideKeyInText(error instanceof Error ? error.message : String(error), apiKey)
  if (!(error instanceof ModelError)) return new Error(message)
  const { kind, retryable, retry_after_ms } = error
  return new ModelError(kind, message, { retryable, ...(retry_after_ms !== null && { retry_after_ms }) })
}

export function hideKeyInText(text: string, apiKey: string): string {
  return apiKey.length < keyCharactersMin ? text : text.replaceAll(apiKey, hidden)
}
