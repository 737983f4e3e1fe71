import { createHmac, randomBytes } from 'node:crypto'

/** Signs what a server gives away, and knows its own signatures again. */
export class Signatures {
  readonly #key = randomBytes(32)

  sign(text: string): string {
    return createHmac('sha256', this.#key).update(JSON.stringify(text)).digest('base64')
  }

  isOf(signature: unknown, text: unknown): boolean {
    return typeof text === 'string' && signature === this.sign(text)
  }

  /** Wraps something that only this server can open. */
  seal(content: string): string {
    return Buffer.from(JSON.stringify({ content, signature: this.sign(content) })).toString('base64')
  }

  isSealed(sealed: unknown): boolean {
    if (typeof sealed !== 'string') return false
    try {
      const { content, signature } = JSON.parse(Buffer.from(sealed, 'base64').toString()) as { content: unknown; signature: unknown } // ours, or it is no good
      return this.isOf(signature, content)
    } catch {
      return false
    }
  }
}
