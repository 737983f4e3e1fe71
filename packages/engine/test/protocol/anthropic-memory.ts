import { isThinking, type Block } from './anthropic-protocol.ts'
import { Signatures } from './signatures.ts'

/** What the server has signed, and what thinking led to which tool call. */
export class AnthropicMemory {
  readonly signatures = new Signatures()
  readonly #thinkingBefore = new Map<unknown, string>()

  remember(blocks: readonly Block[]): void {
    for (const block of blocks) if (block.type === 'tool_use') this.#thinkingBefore.set(block['id'], thinkingOf(blocks))
  }

  /** Whether an answer that called a tool has the thinking that it was given with. */
  isWhole(blocks: readonly Block[]): boolean {
    const calls = blocks.filter((block) => block.type === 'tool_use')
    return calls.every((call) => (this.#thinkingBefore.get(call['id']) ?? thinkingOf(blocks)) === thinkingOf(blocks))
  }
}

function thinkingOf(blocks: readonly Block[]): string {
  return JSON.stringify(blocks.filter(isThinking))
}
