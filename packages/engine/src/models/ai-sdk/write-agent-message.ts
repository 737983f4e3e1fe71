import type { LanguageModelV4Message, LanguageModelV4ToolCallPart } from '@ai-sdk/provider'
import type { ToolCallPart } from '@reprise/contract'
import type { PromptMessage } from '../model-provider.ts'
import type { Speech } from './prompt-assembly.ts'
import type { Vendor } from './vendor.ts'
import { writeThinking } from './write-thinking.ts'

type AgentPart = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'][number]

/**
 * What the model said, with its thinking where it was. An answer without text and tool calls says nothing: thinking
 * alone, or nothing at all, is refused by vendors.
 */
export function writeAgentMessage({ content, thinking }: Extract<PromptMessage, { role: 'agent' }>, vendor: Vendor, isEarlier: boolean): Speech | null {
  const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const calls = content.filter((part) => part.type === 'tool_call')
  if (text.trim() === '' && calls.length === 0) return null
  const parts: AgentPart[] = []
  let textShown = 0
  let callsShown = 0
  const showUntil = (textEnd: number, callsEnd: number): void => {
    const piece = text.slice(textShown, textEnd)
    if (piece.trim() !== '') parts.push({ type: 'text', text: piece })
    for (const call of calls.slice(callsShown, callsEnd)) parts.push(writeToolCall(call, vendor))
    textShown = Math.max(textShown, textEnd)
    callsShown = Math.max(callsShown, callsEnd)
  }
  for (const { block, part } of writeThinking(thinking, vendor, isEarlier)) {
    showUntil(block.text_before ?? 0, block.calls_before ?? 0)
    parts.push(part)
  }
  showUntil(text.length, calls.length)
  return { role: 'assistant', content: parts }
}

function writeToolCall({ id, name, arguments: args }: ToolCallPart, vendor: Vendor): LanguageModelV4ToolCallPart {
  return { type: 'tool-call', toolCallId: vendor.toCallId?.(id) ?? id, toolName: toToolName(name), input: toInput(args) }
}

/** Models call tools that do not exist, by names that the vendor then refuses to see again. */
export function toToolName(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64) || 'tool'
}

/** Vendors want an object back. Arguments that were none were answered with an error, which is told beside them. */
function toInput(args: unknown): unknown {
  if (args === null || args === undefined) return {}
  if (typeof args === 'object' && !Array.isArray(args)) return args
  return { invalid_arguments: args }
}
