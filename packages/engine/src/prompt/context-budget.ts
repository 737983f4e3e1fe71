import type { TurnModel } from '@reprise/store'

/** How much of a model's window a prompt may fill, in tokens as they are estimated. */
export interface ContextBudget {
  tokensMax: number
  /** What a prompt that was too large is brought down to, so that not every call that follows has to move its beginning. */
  tokensKept: number
}

const keptShare = 0.8
/** Where the model does not say how long an answer may be. */
const answerShareDefault = 1 / 8
const answerTokensDefaultMax = 16_000
/** Some models may answer with all of their window, and never do. */
const answerShareMax = 1 / 2

/** The window holds prompt and answer: room for the answer is kept free. */
export function contextBudgetOf({ context_window, max_output_tokens }: TurnModel): ContextBudget {
  const answerTokens = max_output_tokens ?? Math.min(context_window * answerShareDefault, answerTokensDefaultMax)
  const tokensMax = Math.floor(context_window - Math.min(answerTokens, context_window * answerShareMax))
  return { tokensMax, tokensKept: Math.floor(tokensMax * keptShare) }
}
