import { AISDKError, APICallError, InvalidResponseDataError, JSONParseError, TypeValidationError } from '@ai-sdk/provider'
import { repairText } from '@reprise/contract'
import { EgressFault, findErrorCode, findRefusal } from '../../egress/egress-errors.ts'
import { hideKeyInText } from '../hide-key.ts'
import { ModelError } from '../model-error.ts'
import { judgeStatus, statusOfName } from './judge-status.ts'

export interface CallFacts {
  model: string
  apiKey: string | null
}

const wordsMax = 500
const unreachableCodes: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])
const timeoutCodes: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT'])

/**
 * What went wrong with a call, in words that may be logged and shown: the vendor's own, without the key, or ours. The
 * SDK's errors hold the whole request, so none of them is kept as the cause.
 */
export function toModelError(error: unknown, facts: CallFacts): ModelError {
  const known = findModelError(error)
  if (known) return known
  const refusal = findRefusal(error)
  if (refusal) return new ModelError('unavailable', refusal.message, { retryable: false })
  if (APICallError.isInstance(error)) {
    // A success that could not be read, or no answer at all.
    if (error.statusCode === undefined || error.statusCode < 400) return judgeConnection(error)
    return judgeStatus(error.statusCode, tellSafely(error.message, facts), facts.model, { headers: error.responseHeaders, data: error.data })
  }
  if (JSONParseError.isInstance(error) || TypeValidationError.isInstance(error)) return new ModelError('malformed', 'the provider sent an event that could not be read')
  if (InvalidResponseDataError.isInstance(error)) {
    // With nothing to show, it was the end that did not come.
    return error.data === undefined ? new ModelError('cut', 'the stream ended before the answer was finished') : new ModelError('malformed', tellSafely(error.message, facts))
  }
  if (AISDKError.isInstance(error)) return new ModelError('invalid_request', tellSafely(error.message, facts))
  if (error instanceof EgressFault || error instanceof TypeError || findErrorCode(error) !== null) return judgeConnection(error)
  // The SDK has plain errors of its own for what it did not expect.
  if (error instanceof Error) return new ModelError('malformed', tellSafely(error.message, facts))
  return judgeErrorEvent(error, facts)
}

function findModelError(error: unknown): ModelError | null {
  for (let inner = error; inner instanceof Error; inner = inner.cause) if (inner instanceof ModelError) return inner
  return null
}

function judgeConnection(error: unknown): ModelError {
  const code = findErrorCode(error)
  if (code !== null && timeoutCodes.has(code)) return new ModelError('timeout', `the provider did not answer in time (${code})`)
  if (code !== null && unreachableCodes.has(code)) return new ModelError('unavailable', `the provider could not be reached (${code})`)
  const what = 'the connection to the provider broke'
  return new ModelError('cut', code === null ? what : `${what} (${code})`)
}

/** An error that came as an event of the stream, after a status of 200: each vendor has a shape of its own. */
function judgeErrorEvent(event: unknown, facts: CallFacts): ModelError {
  const { message, type, code, statusCode, isRetryable } = isRecord(event) ? event : {}
  const words = tellSafely(typeof message === 'string' ? message : typeof event === 'string' ? event : 'an error without a message', facts)
  const status = [statusCode, code].find((value) => typeof value === 'number' && value >= 400 && value < 600) ?? statusOfName(code) ?? statusOfName(type) ?? 500
  const judged = judgeStatus(Number(status), words, facts.model, { data: event })
  // The SDK knows some of them better, but never that what we hold for hopeless is not.
  return isRetryable === false && judged.retryable ? new ModelError(judged.kind, judged.message, { retryable: false }) : judged
}

function tellSafely(words: string, { apiKey }: CallFacts): string {
  const told = apiKey === null ? words : hideKeyInText(words, apiKey)
  return repairText(told.length > wordsMax ? `${told.slice(0, wordsMax)}…` : told)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
