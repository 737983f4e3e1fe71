import type { ToolResultPart } from '@reprise/contract'
import type { TurnModel } from '@reprise/store'
import type { ToolSpec } from '../models/model-provider.ts'
import type { MessageOfTurn } from '../turn/turn.ts'
import { estimateText } from './estimate-text.ts'
import { tokenRatesOf, type TokenRates } from './token-rates.ts'

/** Encrypted thinking stands for more than its text shows: so many characters of a signature are a token at most. */
const signatureCharactersPerToken = 6

/** What a message takes up in a model's prompt, rounded up. */
export function estimateMessage(message: MessageOfTurn, model: TurnModel): number {
  const rates = tokenRatesOf(model.provider_type)
  let tokens = rates.message
  for (const part of message.content) {
    if (part.type === 'text') tokens += estimateText(part.text, rates.text)
    else if (part.type === 'tool_call') tokens += rates.toolPart + estimateText(part.name, rates.text) + estimateJson(part.arguments, rates)
    else if (part.type === 'tool_result') tokens += estimateResult(part, rates)
    else tokens += rates.image
  }
  // Another model's thinking is not sent.
  if (message.role === 'agent' && message.model_id === model.id) {
    for (const { text, signature, vendor_json } of message.thinking) {
      tokens += Math.max(estimateText(text, rates.text), ((signature?.length ?? 0) + (vendor_json?.length ?? 0)) / signatureCharactersPerToken)
    }
  }
  return Math.ceil(tokens)
}

export function estimateResult(part: ToolResultPart, rates: TokenRates): number {
  return rates.toolPart + estimateJson(part.error ?? part.result, rates) + (part.images?.length ?? 0) * rates.image
}

/** What stands before every message: the system prompt and the tools. */
export function estimateFixed(system: string | null, tools: readonly ToolSpec[], { provider_type }: TurnModel): number {
  const rates = tokenRatesOf(provider_type)
  let total = (system === null ? 0 : rates.message + estimateText(system, rates.text)) + (tools.length > 0 ? rates.tools : 0)
  for (const tool of tools) total += estimateTool(tool, rates)
  return Math.ceil(total)
}

/** Built-in tools are the same in every turn, down to the object of their schema. */
const known = new WeakMap<object, { rates: TokenRates; name: string; description: string; tokens: number }>()

function estimateTool({ name, description, parameters }: ToolSpec, rates: TokenRates): number {
  const before = known.get(parameters)
  if (before?.rates === rates && before.name === name && before.description === description) return before.tokens
  const tokens = rates.toolPart + estimateText(name, rates.text) + estimateText(description, rates.text) + estimateJson(parameters, rates)
  known.set(parameters, { rates, name, description, tokens })
  return tokens
}

function estimateJson(value: unknown, rates: TokenRates): number {
  return estimateText(JSON.stringify(value ?? null), rates.text)
}
