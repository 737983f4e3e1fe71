import { parseRetryAfter } from '../../egress/parse-retry-after.ts'
import { ModelError } from '../model-error.ts'

interface AnswerFacts {
  headers?: Record<string, string>
  data?: unknown
}

/** What the status of an answer says about the call. 529 is Anthropic's "overloaded". */
export function judgeStatus(status: number, words: string, model: string, { headers = {}, data }: AnswerFacts = {}): ModelError {
  const told = words === '' ? `(${status})` : `(${status}): ${words}`
  const retry_after_ms = readRetryAfter(headers)
  if (status === 429) {
    // More of what is used up is not to be had by waiting.
    const isUsedUp = JSON.stringify(data ?? null).includes('insufficient_quota')
    return new ModelError('rate_limited', `the provider receives too many requests ${told}`, { retry_after_ms, ...(isUsedUp && { retryable: false }) })
  }
  if (status >= 500) return new ModelError('server_error', `the provider failed ${told}`, { retry_after_ms })
  if (status === 408) return new ModelError('timeout', `the provider did not answer in time ${told}`, { retry_after_ms })
  if (status === 409) return new ModelError('server_error', `the provider is busy with the same ${told}`, { retry_after_ms })
  if (status === 400 && isTooLong(words, data)) return new ModelError('context_too_large', `the prompt does not fit into the model's window ${told}`)
  return new ModelError('invalid_request', describeRefusal(status, told, model))
}

/** Vendors quote the key that they refuse, in part: their words on it are not passed on. */
function describeRefusal(status: number, told: string, model: string): string {
  switch (status) {
    case 401:
      return 'the provider refuses the API key (401)'
    case 403:
      return 'the provider does not allow this to the API key (403)'
    case 404:
      return `the provider does not know the model ${model}, or the address ${told}`
    case 413:
      return `the request is too large for the provider ${told}`
    default:
      return `the provider refuses the request ${told}`
  }
}

/** OpenAI has a code for it, and llama.cpp; others say it only in words. */
function isTooLong(words: string, data: unknown): boolean {
  return /context_length_exceeded|exceed_context_size/.test(JSON.stringify(data ?? null)) || /prompt is too long|maximum context length|context window/i.test(words)
}

/** `retry-after-ms` is finer, where a vendor sends it; `retry-after` comes in seconds or as a date. */
function readRetryAfter(headers: Record<string, string>): number | undefined {
  const ms = headers['retry-after-ms']
  if (ms !== undefined && /^\d{1,9}(\.\d+)?$/.test(ms)) return Math.ceil(Number(ms))
  return parseRetryAfter(headers['retry-after'] ?? null, Date.now()) ?? undefined
}

const statusByName: ReadonlyMap<string, number> = new Map([
  ['authentication_error', 401],
  ['invalid_api_key', 401],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['model_not_found', 404],
  ['request_too_large', 413],
  ['invalid_request_error', 400],
  ['invalid_prompt', 400],
  ['context_length_exceeded', 400],
  ['billing_error', 400],
  ['rate_limit_error', 429],
  ['rate_limit_exceeded', 429],
  ['insufficient_quota', 429],
  ['overloaded_error', 529],
  ['api_error', 500],
  ['server_error', 500],
])

/** Errors within a stream have names in place of a status. */
export function statusOfName(name: unknown): number | undefined {
  return typeof name === 'string' ? statusByName.get(name) : undefined
}
