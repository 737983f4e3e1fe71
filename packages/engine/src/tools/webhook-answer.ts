import type { Buffer } from 'node:buffer'
import { unwrapAnswer } from '@reprise/compute'
import { limits } from '@reprise/contract'
import type { EgressAnswer } from '../egress/egress.ts'
import { parseRetryAfter } from '../egress/parse-retry-after.ts'
import { EncodedResult } from './encoded-result.ts'
import { ToolFault, type ToolOutcome } from './tool.ts'

export const answerBytesMax = limits.toolResultBytesMax

const excerptCharactersMax = 500
/** Refused before anything was done, as RFC 6585 and RFC 8470 define them. A 503 may come from a proxy after the fact. */
const refusedStatuses: ReadonlySet<number> = new Set([425, 429])

/**
 * What a webhook's answer means to the model. Throws the fault for an answer that says "later": 408, 425, 429, 5xx, and
 * a 409 that says when, as servers do while an attempt with the same key is still under way.
 */
export function readWebhookAnswer(answer: EgressAnswer): ToolOutcome {
  const { status } = answer
  if (status >= 200 && status < 300) return readSuccess(answer)
  if (status >= 300 && status < 400) return { ok: false, error: `The webhook answered ${status}: redirects are not followed.` }
  if (isForLater(answer)) {
    const retry_after_ms = parseRetryAfter(answer.headers.get('retry-after'), Date.now()) ?? undefined
    throw new ToolFault(`the webhook answered ${status}`, { retryable: true, mayHaveRun: !refusedStatuses.has(status), retry_after_ms })
  }
  return { ok: false, error: `The webhook answered ${status}. ${excerpt(answer)}`.trimEnd() }
}

function isForLater({ status, headers }: EgressAnswer): boolean {
  return status === 408 || refusedStatuses.has(status) || (status >= 500 && status < 600) || (status === 409 && headers.has('retry-after'))
}

function readSuccess(answer: EgressAnswer): ToolOutcome {
  const { status, bytes, isCut } = answer
  if (isCut) return { ok: false, error: `The webhook answered ${status}, with more than ${answerBytesMax} bytes.` }
  if (bytes.length === 0) return { ok: true, result: null }
  const form = formOf(answer)
  if (form === null) return { ok: false, error: `The webhook answered ${status}, but neither with JSON nor with plain text.` }
  const unreadable = `The webhook answered ${status}, with JSON that cannot be parsed.`
  // As with bodies of requests: what is large is parsed on a thread.
  if (bytes.length > limits.mainThreadBodyBytesMax) return { ok: true, result: new EncodedResult({ bytes, form, is_wrapped: true }, unreadable) }
  return form === 'text' ? { ok: true, result: decode(bytes) } : readJson(decode(bytes), unreadable)
}

function readJson(text: string, unreadable: string): ToolOutcome {
  try {
    const { value, is_error } = unwrapAnswer(JSON.parse(text))
    return is_error ? { ok: false, error: String(value) } : { ok: true, result: value }
  } catch {
    return { ok: false, error: unreadable }
  }
}

/** The beginning of what an error answer says. A page of HTML says nothing to a model. */
function excerpt(answer: EgressAnswer): string {
  return formOf(answer) === null ? '' : decode(answer.bytes.subarray(0, excerptCharactersMax * 4)).slice(0, excerptCharactersMax).toWellFormed()
}

function formOf({ headers }: EgressAnswer): 'json' | 'text' | null {
  const type = headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (/^application\/(?:[\w.-]+\+)?json$/.test(type)) return 'json'
  return type === 'text/plain' ? 'text' : null
}

function decode(bytes: Buffer): string {
  return new TextDecoder().decode(bytes)
}
