import type { LanguageModelV4Message, LanguageModelV4Prompt } from '@ai-sdk/provider'
import type { ModelCall, PromptMessage } from '../model-provider.ts'
import { PromptAssembly, type Written } from './prompt-assembly.ts'
import type { Vendor } from './vendor.ts'
import { writeAgentMessage } from './write-agent-message.ts'
import { holdsImages } from './write-image.ts'
import { writeToolResults } from './write-tool-results.ts'
import { writeUserMessage } from './write-user-message.ts'

/** Writes the prompts of one provider in the AI SDK's form. */
export class PromptWriter {
  readonly #vendor: Vendor
  /**
   * A message is the same object in every call that shows it, so it is written once. One with images is not kept: they
   * are large, and sessions that are remembered would hold them.
   */
  readonly #written = { earlier: new WeakMap<PromptMessage, Written>(), own: new WeakMap<PromptMessage, Written>() }

  constructor(vendor: Vendor) {
    this.#vendor = vendor
  }

  async write({ system, earlier_turns, messages }: ModelCall): Promise<LanguageModelV4Prompt> {
    const { cacheMark } = this.#vendor
    const assembly = new PromptAssembly()
    const toolNames = new Map<string, string>()
    for (const turn of earlier_turns) for (const message of turn) assembly.add(await this.#write(message, toolNames, 'earlier'))
    assembly.endSection()
    // The vendor looks for what it has cached only some way back from a mark: the last call's end is marked again.
    const lastAnswer = messages.findLastIndex((message) => message.role === 'agent')
    for (const [index, message] of messages.entries()) {
      if (index === lastAnswer) assembly.endSection()
      assembly.add(await this.#write(message, toolNames, 'own'))
    }
    assembly.endSection()
    return [...writeSystem(system, this.#vendor), ...assembly.finish(cacheMark)]
  }

  async #write(message: PromptMessage, toolNames: Map<string, string>, from: 'earlier' | 'own'): Promise<Written> {
    if (message.role === 'agent') for (const part of message.content) if (part.type === 'tool_call') toolNames.set(part.id, part.name)
    const known = this.#written[from].get(message)
    if (known) return known
    const written = await writeMessage(message, toolNames, this.#vendor, from === 'earlier')
    if (!holdsImages(message)) this.#written[from].set(message, written)
    return written
  }
}

async function writeMessage(message: PromptMessage, toolNames: ReadonlyMap<string, string>, vendor: Vendor, isEarlier: boolean): Promise<Written> {
  switch (message.role) {
    case 'user':
      return { message: await writeUserMessage(message.content, vendor.images) }
    case 'agent':
      return { message: writeAgentMessage(message, vendor, isEarlier) }
    case 'tool_result':
      return await writeToolResults(message.content, toolNames, vendor)
  }
}

function writeSystem(system: string | null, { cacheMark }: Vendor): LanguageModelV4Message[] {
  return system ? [{ role: 'system', content: system, ...(cacheMark && { providerOptions: cacheMark }) }] : []
}
