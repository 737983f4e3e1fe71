import type { ContentPart, ReasoningEffort, ToolCallPart, ToolResultPart, TurnStatus, Usage } from '@reprise/contract'
import type { StoredMessage, ThinkingBlock, TurnDefinition, TurnModel } from '@reprise/store'
import { addCosts } from '../models/price-usage.ts'
import type { Debtor, TurnMessage } from './next-step.ts'

/** A turn that this worker runs: what is pinned, and the messages it has so far. */
export interface Turn {
  organization_id: string
  session_id: string
  id: string
  ordinal: number
  status: TurnStatus
  input_message_id: string
  model: TurnModel
  definition: TurnDefinition
  reasoning_effort: ReasoningEffort | null
  error_disclosure: string | null
  /** When the message was accepted, in ms of the database's clock. */
  created_ms: number
  /** The fence under which this worker writes. */
  epoch: number
  checkpoint_number: number
  /** Of the current step, from 1. */
  attempt: number
  /** How long the current step still has to wait before that attempt. */
  retry_in_ms: number
  /** How often a process died while it ran this turn, since the turn last came further. */
  recoveries: number
  /** Messages that have joined the turn and are in none of its prompts yet. */
  pending_steers: number
  /** The failed turn whose message this one posts again. */
  retry_of: string | null
  /** In prompt order. */
  messages: MessageOfTurn[]
}

export interface TurnOutcome {
  /** False when the turn was lost, put down for another worker to take up, or waits for its caller. */
  hasEnded: boolean
  /** Its messages are all that the journal tells of it, and prompts may show them: only a turn that completed knows that. */
  isWholePast: boolean
  /** The session's next turn, when it became this worker's with the end of this one. */
  next_turn_id: string | null
}

/** A message as prompts need it: parsed, and without what only the wire shows. */
export type MessageOfTurn = (
  | { role: 'user'; content: ContentPart[] }
  | { role: 'agent'; id: string; content: ContentPart[]; thinking: ThinkingBlock[]; model_id: string | null; usage: Usage | null }
  | { role: 'tool_result'; content: ToolResultPart[] }
) & {
  /** What it takes up in the prompts of a model, once that was counted. */
  size?: { model_id: string; tokens: number }
}

export function readMessageOfTurn(stored: StoredMessage): MessageOfTurn | null {
  const content = JSON.parse(stored.content_json) as ContentPart[] // checked when it was stored
  switch (stored.role) {
    case 'user':
      return { role: 'user', content }
    case 'agent':
      return { role: 'agent', id: stored.id, content, thinking: stored.thinking_blocks ?? [], model_id: stored.model_id, usage: stored.usage }
    case 'tool_result':
      return { role: 'tool_result', content: content.filter((part) => part.type === 'tool_result') }
    case 'system':
      return null
  }
}

export function toolCallsOf(message: MessageOfTurn): ToolCallPart[] {
  return message.role === 'agent' ? message.content.filter((part) => part.type === 'tool_call') : []
}

/** What of the turn's messages decides its next step. `findDebtor` says who owes the result of a call. */
export function outlineMessages(messages: readonly MessageOfTurn[], findDebtor: (call: ToolCallPart) => Debtor): TurnMessage[] {
  return messages.flatMap((message): TurnMessage[] => {
    if (message.role === 'agent') return [{ role: 'agent', tool_calls: toolCallsOf(message).map((call) => ({ id: call.id, debtor: findDebtor(call) })) }]
    if (message.role === 'tool_result') return message.content.map((part) => ({ role: 'tool_result', tool_call_id: part.tool_call_id }))
    return [{ role: 'user' }]
  })
}

/** Usage of all model calls of the turn so far. */
export function sumUsage(messages: readonly MessageOfTurn[]): Usage {
  const total: Usage = { input_tokens: 0, output_tokens: 0 }
  for (const message of messages) {
    if (message.role !== 'agent' || !message.usage) continue
    total.input_tokens += message.usage.input_tokens
    total.output_tokens += message.usage.output_tokens
    for (const key of ['cache_read_tokens', 'cache_write_tokens', 'reasoning_tokens'] as const) {
      const counted = message.usage[key]
      if (counted !== undefined) total[key] = (total[key] ?? 0) + counted
    }
    if (message.usage.cost_usd !== undefined) total.cost_usd = addCosts(total.cost_usd, message.usage.cost_usd)
  }
  return total
}
