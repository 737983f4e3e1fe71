import { Buffer } from 'node:buffer'

/** What is stored in place of a secret. */
export function sealSecret(text: string): Buffer {
  return Buffer.from(text)
}

/** The secret that was sealed. */
export function openSecret(sealed: Buffer): string {
  return sealed.toString()
}
