import { Buffer } from 'node:buffer'

export const organization = { organization_id: 'org_00000000000000000000000000000001' }

/** A png of one pixel. */
export const pixelBase64 = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text))
}

export function textOf(bytes: Uint8Array | null): string | null {
  return bytes && Buffer.from(bytes).toString()
}

/** The bytes of a message's body with these content parts and these further members. */
export function bodyOf(content: readonly unknown[], members: object = {}): Uint8Array {
  return bytesOf(JSON.stringify({ message: { content }, ...members }))
}

/** A member that makes a body too large for the main thread. */
export const ballast = { ballast: 'x'.repeat(70_000) }
