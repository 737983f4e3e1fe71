import { Buffer } from 'node:buffer'

const keyBytes = 32

/** Reads a secret key as base64 or hex; null for what is neither, or has another length. */
export function decodeSecretKey(text: string): Buffer | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  // Decoders take much that is no base64: only what is written back the same was meant as such.
  const bytes = Buffer.from(text, 'base64')
  const isBase64 = bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '')
  return isBase64 && bytes.length === keyBytes ? bytes : null
}
