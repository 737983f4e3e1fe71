import { ModelError } from '../model-error.ts'
import type { PromptMessage, PromptPart } from '../model-provider.ts'
import { parseSimScript, type SimScript } from './sim-script.ts'

const openingFence = '```sim'
const closingFence = '\n```'

export interface FoundScript {
  script: SimScript
  /** May be beyond the last step: then the script is over. */
  step_index: number
}

/**
 * Finds the script that the current turn follows: that of its last user message which carries one, so a steer with a script takes
 * over from its first step, and one without leaves the script going. One step was played by every agent message since.
 */
export function findScript(messages: readonly PromptMessage[]): FoundScript | null {
  let agentMessages = 0
  for (let index = messages.length - 1; index >= 0; index--) {
    const message = messages[index]!
    if (message.role === 'agent') agentMessages++
    if (message.role !== 'user') continue
    const script = readScript(message)
    if (script !== null) return { script, step_index: agentMessages }
  }
  return null
}

/** A message is the same object in every call of its turn: its script is read once. */
const scripts = new WeakMap<PromptMessage, SimScript | null>()

function readScript(message: Extract<PromptMessage, { role: 'user' }>): SimScript | null {
  const known = scripts.get(message)
  if (known !== undefined) return known
  const block = findSimBlock(message.content)
  const script = block === null ? null : parseSimScript(block)
  scripts.set(message, script)
  return script
}

/** The inside of the last fenced `sim` block of a user message, or null. */
export function findSimBlock(content: readonly PromptPart[]): string | null {
  for (let index = content.length - 1; index >= 0; index--) {
    const part = content[index]!
    const block = part.type === 'text' ? findBlockInText(part.text) : null
    if (block !== null) return block
  }
  return null
}

// Plain searches, no pattern: the text may be a megabyte long, and is nearly always without a block. JSON holds no
// line break within a string, so a fence at the start of a line is never part of the script.
function findBlockInText(text: string): string | null {
  for (let start = text.lastIndexOf(openingFence); start !== -1; start = start === 0 ? -1 : text.lastIndexOf(openingFence, start - 1)) {
    if (start > 0 && text[start - 1] !== '\n') continue
    const lineEnd = text.indexOf('\n', start)
    const word = text.slice(start + openingFence.length, lineEnd === -1 ? undefined : lineEnd)
    if (word.trim() !== '') continue
    const end = lineEnd === -1 ? -1 : text.indexOf(closingFence, lineEnd)
    if (end === -1) throw new ModelError('invalid_request', 'sim script: the block is not closed by a line of ```')
    return text.slice(lineEnd + 1, end)
  }
  return null
}
