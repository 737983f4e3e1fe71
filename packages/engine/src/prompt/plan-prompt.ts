import { ModelError } from '../models/model-error.ts'
import type { TurnRun } from '../turn/turn-run.ts'
import type { TurnWriter } from '../turn/turn-writer.ts'
import type { MessageOfTurn, Turn } from '../turn/turn.ts'
import { compactPrompt, nothingCut, type PromptCut, type SizedMessage } from './compact-prompt.ts'
import { contextBudgetOf } from './context-budget.ts'
import { dropResults } from './drop-results.ts'
import { readEarlierTurns, tokensOfMessage, tokensOfTurn, type EarlierTurn } from './earlier-turns.ts'
import { estimateFixed } from './estimate-tokens.ts'

/** What of a session a prompt shows. */
export interface PromptPlan {
  earlier: readonly EarlierTurn[]
  cut: PromptCut
}

/**
 * Decides what of the session the turn's next prompt shows, and writes the events that tell of a compaction. The prompt
 * has room when this returns; else it throws a ModelError, and no model is called.
 */
export async function planPrompt(run: TurnRun): Promise<PromptPlan> {
  const { turn, tools, services } = run
  const { isCompactionTold } = run
  run.isCompactionTold = false
  // A turn that is posted again leaves the failed one out, which memory does not know.
  const earlier = (run.earlier ??= (turn.retry_of === null ? services.pasts.find(turn) : null) ?? (await readEarlierTurns(services.db, turn)))
  const startedAt = performance.now()
  const fixedTokens = estimateFixed(turn.definition.system_prompt, tools.specs, turn.model)
  const { tokensMax, tokensKept } = contextBudgetOf(turn.model)
  const tokens = fixedTokens + countEarlier(earlier, turn) + countTokens(turn.messages, turn)
  // Nothing of what fits as a whole was ever left out, for prompts only grow: most turns need to know no more.
  if (tokens <= tokensMax) return { earlier, cut: nothingCut }
  if (turn.model.compaction === false) throw tooLarge(tokens, tokensMax)
  const sized = [...earlier.map((past) => past.messages), turn.messages].map((messages) => messages.map((message) => sizeMessage(message, turn)))
  const compaction = compactPrompt(sized, fixedTokens, { tokensMax, tokensKept })
  if (compaction.outcome === 'too_large') throw tooLarge(compaction.tokens, tokensMax)
  const before = isFirstCallOfModel(earlier, turn) ? nothingCut : compaction.before
  if (!isCompactionTold) tellCompaction(run.writer, sized, before, compaction.cut, performance.now() - startedAt)
  return { earlier, cut: compaction.cut }
}

function tooLarge(tokens: number, tokensMax: number): ModelError {
  return new ModelError('context_too_large', `the prompt is about ${tokens} tokens long, and the model has room for ${tokensMax} beside its answer`)
}

/** The past is the same in all calls of a turn. */
const pastTokens = new WeakMap<readonly EarlierTurn[], { model_id: string; tokens: number }>()

function countEarlier(earlier: readonly EarlierTurn[], { model }: Turn): number {
  const known = pastTokens.get(earlier)
  if (known?.model_id === model.id) return known.tokens
  const tokens = earlier.reduce((sum, past) => sum + tokensOfTurn(past, model), 0)
  pastTokens.set(earlier, { model_id: model.id, tokens })
  return tokens
}

function countTokens(messages: readonly MessageOfTurn[], { model }: Turn): number {
  return messages.reduce((sum, message) => sum + tokensOfMessage(message, model), 0)
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

/** Nothing is told when the call before left out as much. */
function tellCompaction(writer: TurnWriter, sized: readonly (readonly SizedMessage[])[], before: PromptCut, cut: PromptCut, durationMs: number): void {
  const hasCutTurns = cut.turns > before.turns
  const gone = sized.slice(0, cut.turns).flat()
  const hasCutResults = cut.results > Math.max(before.results, gone.filter((message) => message.role === 'tool_result').length)
  if (!hasCutTurns && !hasCutResults) return
  const all = sized.reduce((sum, messages) => sum + messages.length, 0)
  const messages_before = all - sized.slice(0, before.turns).reduce((sum, messages) => sum + messages.length, 0)
  writer.event('context.compacting', { reason: 'context_window', strategy: 'drop_oldest', messages_before })
  writer.event('context.compacted', {
    strategy_used: hasCutTurns ? (hasCutResults ? 'drop_tool_results_and_turns' : 'drop_turns') : 'drop_tool_results',
    messages_before,
    messages_after: all - gone.length,
    duration_ms: Math.round(durationMs),
  })
}
