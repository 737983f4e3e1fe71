import type { ModelCall, PromptMessage } from '../models/model-provider.ts'
import type { MessageOfTurn, Turn } from '../turn/turn.ts'
import type { PromptCut } from './compact-prompt.ts'
import { dropResults } from './drop-results.ts'
import type { EarlierTurn } from './earlier-turns.ts'
import { listImageUrls } from './list-images.ts'
import type { PromptPlan } from './plan-prompt.ts'
import type { PromptMemory } from './prompt-memory.ts'
import { showMessage } from './show-message.ts'
import type { TurnImages } from './turn-images.ts'

/**
 * The prompt of a turn's next model call: the earlier turns that its plan keeps, oldest first, and the turn's own
 * messages. Turns that wait behind this one are not in it, whenever they came.
 */
export async function buildPrompt(turn: Turn, { earlier, cut }: PromptPlan, memory: PromptMemory): Promise<Pick<ModelCall, 'earlier_turns' | 'messages'>> {
  const kept = cut.turns === 0 ? earlier : earlier.slice(cut.turns)
  if (turn.model.supports_images) await fetchUrls(turn, kept, memory.images)
  if (memory.earlierShown?.cut !== cut) memory.earlierShown = { cut, ...showEarlier(turn, kept, countCutResults(earlier, cut), memory.images) }
  const { earlier_turns, resultsLeft } = memory.earlierShown
  return { earlier_turns, messages: resultsLeft === 0 ? showOwnMessages(turn, memory) : showAll(turn.messages, resultsLeft, turn, memory.images) }
}

/** How many of the results that are left out stand in turns that are kept. */
function countCutResults(earlier: readonly EarlierTurn[], { results, turns }: PromptCut): number {
  return results === 0 ? 0 : results - earlier.slice(0, turns).reduce((sum, past) => sum + countResults(past.messages), 0)
}

/** `resultsLeft`: so many of the results to leave out are the turn's own. */
function showEarlier(turn: Turn, kept: readonly EarlierTurn[], results: number, images: TurnImages): { earlier_turns: (readonly PromptMessage[])[]; resultsLeft: number } {
  let resultsLeft = results
  const earlier_turns = kept.map((past) => {
    const resultsCut = resultsLeft === 0 ? 0 : Math.min(resultsLeft, countResults(past.messages))
    resultsLeft -= resultsCut
    return showEarlierTurn(past, resultsCut, turn, images)
  })
  return { earlier_turns, resultsLeft }
}

async function fetchUrls(turn: Turn, kept: readonly EarlierTurn[], images: TurnImages): Promise<void> {
  const urls = turn.messages.flatMap(listImageUrls)
  for (const past of kept) if (past.hasImages) urls.push(...past.messages.flatMap(listImageUrls))
  if (urls.length > 0) await images.fetchUrls(urls)
}

/** What an earlier turn shows does not change from call to call, unless the model does or some of it is left out. */
function showEarlierTurn(past: EarlierTurn, resultsCut: number, turn: Turn, images: TurnImages): readonly PromptMessage[] {
  const { model } = turn
  const needsImages = past.hasImages ? images : null
  const { shown } = past
  if (shown?.model_id === model.id && shown.supportsImages === model.supports_images && shown.resultsCut === resultsCut && shown.images === needsImages) return shown.messages
  const messages = showAll(past.messages, resultsCut, turn, images)
  past.shown = { model_id: model.id, supportsImages: model.supports_images, resultsCut, images: needsImages, messages }
  return messages
}

/** Without the first so many results. */
function showAll(messages: readonly MessageOfTurn[], resultsCut: number, { model }: Turn, images: TurnImages): PromptMessage[] {
  let left = resultsCut
  return messages.map((message) => showMessage(message.role === 'tool_result' && left-- > 0 ? dropResults(message, model) : message, model, images))
}

function countResults(messages: readonly MessageOfTurn[]): number {
  return messages.reduce((count, message) => count + (message.role === 'tool_result' ? 1 : 0), 0)
}

function showOwnMessages({ messages, model }: Turn, { shown, images }: PromptMemory): readonly PromptMessage[] {
  while (shown.length < messages.length) shown.push(showMessage(messages[shown.length]!, model, images))
  return shown.slice()
}
