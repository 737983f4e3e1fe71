import { Signatures } from './signatures.ts'

/** What reasoning the server has given away, encrypted, and what it led to. */
export class ResponsesMemory {
  readonly signatures = new Signatures()
  readonly #reasoningBefore = new Map<unknown, string>()

  remember(callId: string, reasoning: string): void {
    this.#reasoningBefore.set(callId, reasoning)
  }

  /** The reasoning that must stand before a call. */
  reasoningBefore(callId: unknown): string | null {
    return this.#reasoningBefore.get(callId) ?? null
  }
}
