import type { PromptMessage } from '../models/model-provider.ts'
import type { Turn } from '../turn/turn.ts'
import type { PromptCut } from './compact-prompt.ts'
import type { EarlierTurn } from './earlier-turns.ts'
import { TurnImages, type ImageServices } from './turn-images.ts'

/** What the prompts of one run of a turn share, so that no call works out again what the one before it did. */
export interface PromptMemory {
  images: TurnImages
  /** The turn's own messages as its prompts show them, as far as one did: a turn has one model, and only gains messages. */
  shown: PromptMessage[]
  /** The past as the last prompt showed it: the next one of the turn shows the same, unless more is left out. */
  earlierShown: { cut: PromptCut; earlier_turns: readonly (readonly PromptMessage[])[]; resultsLeft: number } | null
  /** What stands before the turn's own messages, in tokens: instructions, tools and the past. Null until a prompt needs it. */
  tokensBefore: { fixed: number; earlier: number } | null
  /** The events of a compaction at this step are in the journal: another run has told them. */
  isCompactionTold: boolean
}

export function createPromptMemory(services: ImageServices, turn: Turn, signal: AbortSignal): PromptMemory {
  return { images: new TurnImages(services, turn, signal), shown: [], earlierShown: null, tokensBefore: null, isCompactionTold: false }
}

/** At a run's end: the past is remembered, and must not hold what its images became in this turn's calls. */
export function letImagesGo(memory: PromptMemory, earlier: readonly EarlierTurn[]): void {
  memory.images.letGo()
  memory.earlierShown = null
  for (const past of earlier) if (past.hasImages) delete past.shown
}
