/**
 * What a prompt leaves out when all of it is more than the model takes.
 *
 * P1  Pure: what is left out follows from the messages alone. What each earlier call left out is worked out anew, so a
 *     turn that is taken up elsewhere, or tried again, sends the same prompt.
 * P2  What one call left out, all later ones leave out: a prompt's beginning moves only when it must.
 * P3  The oldest goes first: tool results of earlier turns, then earlier turns whole, then the running turn's own
 *     results. Calls stay with their results, and the running turn's other messages always stay.
 */
import type { MessageRole } from '@reprise/contract'
import type { ContextBudget } from './context-budget.ts'

export interface SizedMessage {
  role: MessageRole
  tokens: number
  /** What it takes with its tool results left out; of a message that has none, the same. */
  tokensWithoutResults: number
}

/** Both count from the oldest: turns left out whole, and messages with tool results that are left out, also within those turns. */
export interface PromptCut {
  turns: number
  results: number
}

export type Compaction =
  /** `before` is what the call before this one had left out already. */
  | { outcome: 'fits'; cut: PromptCut; before: PromptCut }
  | { outcome: 'too_large'; tokens: number }

export const nothingCut: PromptCut = { turns: 0, results: 0 }

interface Progress {
  cut: PromptCut
  /** Of the prompt as it is cut. */
  tokens: number
  tokensByTurn: number[]
  /** Every message with tool results so far. */
  results: { turn: number; saved: number }[]
  /** The results that no model has seen yet start here. */
  unseen: number
}

/** The last of the turns is the one that asks. */
export function compactPrompt(turns: readonly (readonly SizedMessage[])[], fixedTokens: number, budget: ContextBudget): Compaction {
  const progress: Progress = { cut: { ...nothingCut }, tokens: fixedTokens, tokensByTurn: [], results: [], unseen: 0 }
  for (const [turn, messages] of turns.entries()) {
    progress.tokensByTurn[turn] = 0
    progress.unseen = progress.results.length
    for (const message of messages) {
      if (message.role === 'agent') {
        // It answered a call whose prompt was what came before it.
        makeFit(progress, turn, budget)
        progress.unseen = progress.results.length
      }
      addTokens(progress, turn, message.tokens)
      if (message.role === 'tool_result') progress.results.push({ turn, saved: message.tokens - message.tokensWithoutResults })
    }
  }
  const before = { ...progress.cut }
  makeFit(progress, turns.length - 1, budget)
  const { cut, tokens } = progress
  return tokens <= budget.tokensMax ? { outcome: 'fits', cut, before } : { outcome: 'too_large', tokens }
}

/** As far as that is possible: an earlier turn may have failed here, or another model have had a larger window. */
function makeFit(progress: Progress, runningTurn: number, { tokensMax, tokensKept }: ContextBudget): void {
  if (progress.tokens <= tokensMax) return
  const { cut, results, tokensByTurn, unseen } = progress
  while (progress.tokens > tokensKept && cut.results < results.length && results[cut.results]!.turn < runningTurn) cutResult(progress)
  while (progress.tokens > tokensKept && cut.turns < runningTurn) {
    addTokens(progress, cut.turns, -tokensByTurn[cut.turns]!)
    cut.turns++
  }
  // What the running turn has learned is cut only where nothing else helps, and what no model has seen only as far as it must be.
  if (progress.tokens <= tokensMax) return
  while (progress.tokens > tokensKept && cut.results < unseen) cutResult(progress)
  while (progress.tokens > tokensMax && cut.results < results.length) cutResult(progress)
}

function cutResult(progress: Progress): void {
  const { turn, saved } = progress.results[progress.cut.results++]!
  addTokens(progress, turn, -saved)
}

function addTokens(progress: Progress, turn: number, tokens: number): void {
  progress.tokensByTurn[turn]! += tokens
  progress.tokens += tokens
}
