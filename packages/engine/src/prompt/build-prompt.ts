import type { ModelCall, PromptMessage } from '../models/model-provider.ts'
import type { MessageOfTurn, Turn } from '../turn/turn.ts'
import { dropResults } from './drop-results.ts'
import type { EarlierTurn } from './earlier-turns.ts'
import { listImageUrls } from './list-images.ts'
import type { PromptPlan } from './plan-prompt.ts'
import { showMessage } from './show-message.ts'
import type { TurnImages } from './turn-images.ts'

/**
 * The prompt of a turn's next model call: the earlier turns that its plan keeps, oldest first, and the turn's own
 * messages. Turns that wait behind this one are not in it, whenever they came.
 */
export async function buildPrompt(turn: Turn, { earlier, cut }: PromptPlan, images: TurnImages): Promise<Pick<ModelCall, 'earlier_turns' | 'messages'>> {
  const kept = cut.turns === 0 ? earlier : earlier.slice(cut.turns)
  const urls = [...kept.flatMap((past) => (past.hasImages ? past.messages.flatMap(listImageUrls) : [])), ...turn.messages.flatMap(listImageUrls)]
  if (urls.length > 0) await images.fetchUrls(urls)
  // Of the results that are left out, some are in turns that are.
  let resultsLeft = cut.results === 0 ? 0 : cut.results - earlier.slice(0, cut.turns).reduce((sum, past) => sum + countResults(past.messages), 0)
  const earlier_turns = kept.map((past) => {
    const resultsCut = resultsLeft === 0 ? 0 : Math.min(resultsLeft, countResults(past.messages))
    resultsLeft -= resultsCut
    return showEarlierTurn(past, resultsCut, turn, images)
  })
  return { earlier_turns, messages: cutResults(turn.messages, resultsLeft, turn).map((message) => showOnce(message, turn, images)) }
}

/** At a run's end: the past is remembered, and must not hold what its images became in this turn's calls. */
export function letImagesGo(images: TurnImages, earlier: readonly EarlierTurn[]): void {
  images.letGo()
  for (const past of earlier) if (past.hasImages) delete past.shown
}

/** What an earlier turn shows does not change from call to call, unless the model does or some of it is left out. */
function showEarlierTurn(past: EarlierTurn, resultsCut: number, turn: Turn, images: TurnImages): readonly PromptMessage[] {
  const { model } = turn
  const needsImages = past.hasImages ? images : null
  const { shown } = past
  if (shown?.model_id === model.id && shown.resultsCut === resultsCut && shown.images === needsImages) return shown.messages
  const messages = cutResults(past.messages, resultsCut, turn).map((message) => showMessage(message, model, images))
  past.shown = { model_id: model.id, resultsCut, images: needsImages, messages }
  return messages
}

function cutResults(messages: readonly MessageOfTurn[], resultsCut: number, { model }: Turn): readonly MessageOfTurn[] {
  if (resultsCut === 0) return messages
  let left = resultsCut
  return messages.map((message) => (message.role === 'tool_result' && left-- > 0 ? dropResults(message, model) : message))
}

function countResults(messages: readonly MessageOfTurn[]): number {
  return messages.reduce((count, message) => count + (message.role === 'tool_result' ? 1 : 0), 0)
}

const shownOnce = new WeakMap<MessageOfTurn, { images: TurnImages; message: PromptMessage }>()

/** A turn has one model, so each of its own messages is shown in one way. */
function showOnce(message: MessageOfTurn, { model }: Turn, images: TurnImages): PromptMessage {
  const known = shownOnce.get(message)
  if (known?.images === images) return known.message
  const shown = showMessage(message, model, images)
  shownOnce.set(message, { images, message: shown })
  return shown
}
