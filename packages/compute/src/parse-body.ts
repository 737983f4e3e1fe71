import type { Parsed } from '@reprise/contract'
import { parseJson } from '@reprise/contract'
import { decodeUtf8 } from './decode-utf8.ts'
import { exceedsJsonValues } from './exceeds-json-values.ts'

/** Far above any sensible body, far below what fills a thread's heap. */
const bodyValuesMax = 250_000

export interface ParsedBody {
  text: string
  value: unknown
}

/** Decodes and parses a body, and checks nothing else about it. */
export function parseBody(bytes: Uint8Array): Parsed<ParsedBody> {
  const text = decodeUtf8(bytes)
  if (!text.ok) return text
  if (exceedsJsonValues(text.value, bodyValuesMax)) {
    return { ok: false, refusal: { code: 'invalid_request', message: 'The body holds too many values' } }
  }
  const parsed = parseJson(text.value)
  return parsed.ok ? { ok: true, value: { text: text.value, value: parsed.value } } : parsed
}
