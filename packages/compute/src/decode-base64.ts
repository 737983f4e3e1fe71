import { Buffer } from 'node:buffer'

/**
 * Decodes base64 in its one canonical form, or gives null. `Buffer.from` also accepts whitespace, missing padding,
 * the url-safe alphabet, stray characters and stray bits; encoding what it made and comparing leaves none of these through.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length === 0 || text.length % 4 !== 0) return null
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}
