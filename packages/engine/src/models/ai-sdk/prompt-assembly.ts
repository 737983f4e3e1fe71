import type { LanguageModelV4FilePart, LanguageModelV4Message, LanguageModelV4TextPart, SharedV4ProviderOptions } from '@ai-sdk/provider'

export type Speech = Exclude<LanguageModelV4Message, { role: 'system' }>

/** A message as the prompt shows it; null when it says nothing. */
export interface Written {
  message: Speech | null
  /** What is shown as the user's once all results of an answer are told: nothing may stand between those. */
  afterResults?: (LanguageModelV4TextPart | LanguageModelV4FilePart)[]
}

/** Puts messages into a row in which no role follows itself, as many vendors and chat templates want it. */
export class PromptAssembly {
  readonly #messages: Speech[] = []
  readonly #ends = new Set<Speech['content'][number]>()
  #afterResults: NonNullable<Written['afterResults']> = []

  add({ message, afterResults }: Written): void {
    if (message === null) return
    if (message.role !== 'tool') this.#showAfterResults()
    this.#append(message)
    if (afterResults) this.#afterResults.push(...afterResults)
  }

  /** Remembers that what was added so far will be the same in the next call. */
  endSection(): void {
    const last = this.#messages.at(-1)?.content.at(-1)
    if (last) this.#ends.add(last)
  }

  /** The messages, with the mark at the ends of their sections. */
  finish(mark: SharedV4ProviderOptions | undefined): Speech[] {
    this.#showAfterResults()
    if (!mark) return this.#messages
    // Parts are kept from call to call, and marks are not: a marked part is a copy.
    const markPart = <Part extends Speech['content'][number]>(part: Part): Part => (this.#ends.has(part) ? { ...part, providerOptions: { ...part.providerOptions, ...mark } } : part)
    return this.#messages.map((message) => ({ ...message, content: message.content.map((part) => markPart(part)) }) as Speech) // each part keeps its type
  }

  #showAfterResults(): void {
    if (this.#afterResults.length === 0) return
    this.#append({ role: 'user', content: this.#afterResults })
    this.#afterResults = []
  }

  #append(message: Speech): void {
    const last = this.#messages.at(-1)
    if (last?.role !== message.role) this.#messages.push(message)
    // Both have the role, and so the parts, of the other.
    else this.#messages[this.#messages.length - 1] = { role: last.role, content: [...last.content, ...message.content] } as Speech
  }
}
