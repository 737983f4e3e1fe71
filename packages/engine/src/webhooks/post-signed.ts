import type { Buffer } from 'node:buffer'
import { repairText } from '@reprise/contract'
import { Webhook } from 'standardwebhooks'
import { EgressFault, EgressRefused } from '../egress/egress-errors.ts'
import type { Egress, EgressAnswer } from '../egress/egress.ts'
import { parseRetryAfter } from '../egress/parse-retry-after.ts'

export interface SignedPost {
  url: string
  /** The same with every attempt, so that the receiver can tell what it has had. */
  id: string
  body: string
  /** Each signs, as Standard Webhooks says. */
  secrets: readonly string[]
}

/** What came of one attempt. */
export interface PostOutcome {
  delivered: boolean
  response_status: number | null
  /** How the answer of a failed attempt begins. */
  response_excerpt: string | null
  error: string | null
  duration_ms: number
  retry_after_ms: number | null
}

/** More of an answer is not read. */
const answerBytesMax = 16 * 1024
const excerptCharactersMax = 500

/** Fails only with the signal's reason: whatever else goes wrong is an outcome. */
export async function postSigned(egress: Egress, { url, id, body, secrets }: SignedPost, { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number }): Promise<PostOutcome> {
  const now = new Date()
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
  }
  const startedAt = performance.now()
  const judge = async (): Promise<Omit<PostOutcome, 'duration_ms'>> => {
    try {
      return judgeAnswer(await egress.request(url, { method: 'POST', headers, body, signal, timeoutMs, responseBytesMax: answerBytesMax }))
    } catch (error) {
      if (!(error instanceof EgressRefused) && !(error instanceof EgressFault)) throw error
      return { delivered: false, response_status: null, response_excerpt: null, error: error.message, retry_after_ms: null }
    }
  }
  const outcome = await judge()
  return { ...outcome, duration_ms: Math.round(performance.now() - startedAt) }
}

function judgeAnswer({ status, headers, bytes }: EgressAnswer): Omit<PostOutcome, 'duration_ms'> {
  if (status >= 200 && status < 300) return { delivered: true, response_status: status, response_excerpt: null, error: null, retry_after_ms: null }
  const isRedirect = status >= 300 && status < 400
  return {
    delivered: false,
    response_status: status,
    response_excerpt: readExcerpt(bytes),
    error: isRedirect ? `The receiver answered ${status}: redirects are not followed.` : `The receiver answered ${status}.`,
    retry_after_ms: parseRetryAfter(headers.get('retry-after'), Date.now()),
  }
}

function readExcerpt(bytes: Buffer): string | null {
  const text = new TextDecoder().decode(bytes.subarray(0, excerptCharactersMax * 4)).slice(0, excerptCharactersMax)
  return text === '' ? null : repairText(text)
}
