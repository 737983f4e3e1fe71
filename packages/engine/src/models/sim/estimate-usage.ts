/**
 * Tokens as the sim model counts them: four characters make one, of text, thinking, tool names, and the keys and values of JSON;
 * an image counts as 250. Structure (quotes, brackets, roles) is free. Walks without building any string.
 */
import { limits, type Usage } from '@reprise/contract'
import type { ModelCall, PromptMessage } from '../model-provider.ts'
import type { ChosenStep } from './choose-step.ts'

const charactersPerToken = 4
const charactersPerImage = 1000
/** A number, a boolean or null. */
const charactersPerScalar = 4

export function estimateUsage(call: ModelCall, answer: Pick<ChosenStep, 'thinking' | 'text' | 'tool_calls'>): Usage {
  const reasoning_tokens = toTokens(answer.thinking.length)
  let spoken = answer.text.length
  for (const toolCall of answer.tool_calls) spoken += toolCall.name.length + countJson(toolCall.arguments)
  return { input_tokens: toTokens(countPrompt(call)), output_tokens: reasoning_tokens + toTokens(spoken), reasoning_tokens }
}

function toTokens(characters: number): number {
  return Math.ceil(characters / charactersPerToken)
}

function countPrompt({ system, earlier_turns, messages, tools }: ModelCall): number {
  let characters = system?.length ?? 0
  for (const turn of earlier_turns) characters += countEarlierTurn(turn)
  for (const message of messages) characters += countMessage(message)
  for (const tool of tools) characters += tool.name.length + tool.description.length + countJson(tool.parameters)
  return characters
}

/** The session's past comes with every call, as the same arrays: each is counted once. */
const counted = new WeakMap<readonly PromptMessage[], number>()

function countEarlierTurn(messages: readonly PromptMessage[]): number {
  let characters = counted.get(messages)
  if (characters === undefined) {
    characters = messages.reduce((sum, message) => sum + countMessage(message), 0)
    counted.set(messages, characters)
  }
  return characters
}

function countMessage(message: PromptMessage): number {
  let characters = 0
  if (message.role === 'agent') for (const block of message.thinking) characters += block.text.length
  for (const part of message.content) {
    if (part.type === 'text') characters += part.text.length
    else if (part.type === 'image') characters += charactersPerImage
    else if (part.type === 'tool_call') characters += part.name.length + countJson(part.arguments)
    else characters += countJson(part.error ?? part.result)
  }
  return characters
}

/** What is nested deeper than anything stored counts nothing: a hostile script must not exhaust the stack. */
function countJson(value: unknown, depth = 0): number {
  if (typeof value === 'string') return value.length
  if (value === undefined || depth > limits.jsonDepthMax) return 0
  if (value === null || typeof value !== 'object') return charactersPerScalar
  let characters = 0
  if (Array.isArray(value)) for (const item of value) characters += countJson(item, depth + 1)
  else for (const [key, item] of Object.entries(value)) characters += key.length + countJson(item, depth + 1)
  return characters
}
