import type { ToolSpec } from '../models/model-provider.ts'
import type { MessageOfTurn, Turn } from '../turn/turn.ts'
import { compactPrompt, nothingCut, type PromptCut, type SizedMessage } from './compact-prompt.ts'
import { contextBudgetOf } from './context-budget.ts'
import { dropResults } from './drop-results.ts'
import { tokensOfMessage, tokensOfTurn, type EarlierTurn } from './earlier-turns.ts'
import { estimateFixed } from './estimate-tokens.ts'
import type { PromptMemory } from './prompt-memory.ts'

export type ChosenCut =
  | { outcome: 'whole'; cut: PromptCut }
  /** `before` is what the call before this one left out. */
  | { outcome: 'compacted'; cut: PromptCut; before: PromptCut; sized: readonly (readonly SizedMessage[])[] }
  | { outcome: 'too_large'; tokens: number; tokensMax: number }

/** What the next prompt of a turn leaves out, so that it fits its model. */
export function chooseCut(turn: Turn, earlier: readonly EarlierTurn[], tools: readonly ToolSpec[], memory: Pick<PromptMemory, 'tokensBefore'>): ChosenCut {
  const { model, definition, messages } = turn
  const budget = contextBudgetOf(model)
  const { tokensMax } = budget
  const before = (memory.tokensBefore ??= {
    fixed: estimateFixed(definition.system_prompt, tools, model),
    earlier: earlier.reduce((sum, past) => sum + tokensOfTurn(past, model), 0),
  })
  const tokens = before.fixed + before.earlier + messages.reduce((sum, message) => sum + tokensOfMessage(message, model), 0)
  // Nothing of what fits as a whole was ever left out, for prompts only grow: most turns need to know no more.
  if (tokens <= tokensMax) return { outcome: 'whole', cut: nothingCut }
  if (!model.compaction) return { outcome: 'too_large', tokens, tokensMax }
  const sized = [...earlier.map((past) => past.messages), messages].map((ofTurn) => ofTurn.map((message) => sizeMessage(message, turn)))
  const compaction = compactPrompt(sized, before.fixed, budget)
  if (compaction.outcome === 'too_large') return { ...compaction, tokensMax }
  return { outcome: 'compacted', cut: compaction.cut, before: isFirstCallOfModel(earlier, turn) ? nothingCut : compaction.before, sized }
}

function sizeMessage(message: MessageOfTurn, { model }: Turn): SizedMessage {
  return { role: message.role, tokens: tokensOfMessage(message, model), tokensWithoutResults: tokensOfMessage(dropResults(message, model), model) }
}

/** What another model's calls left out says nothing about this one's: it may have had another window. */
function isFirstCallOfModel(earlier: readonly EarlierTurn[], { messages, model }: Turn): boolean {
  if (messages.some((message) => message.role === 'agent')) return false
  const last = earlier.flatMap((past) => past.messages).findLast((message) => message.role === 'agent')
  return last !== undefined && last.model_id !== model.id
}
