import type { Parsed } from '@reprise/contract'

const strictDecoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Decodes a body, refusing bytes that are not UTF-8 instead of replacing them. A byte order mark is passed over:
 * RFC 8259 lets a reader ignore it, and tools on Windows write it.
 */
export function decodeUtf8(bytes: Uint8Array): Parsed<string> {
  try {
    return { ok: true, value: strictDecoder.decode(bytes) }
  } catch {
    return { ok: false, refusal: { code: 'invalid_json', message: 'The body is not valid UTF-8' } }
  }
}
