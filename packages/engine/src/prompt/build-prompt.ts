import { Buffer } from 'node:buffer'
import { readStoredImage, type ContentPart, type ImageMediaType, type ToolResultPart } from '@reprise/contract'
import { readImageBytes, type Database } from '@reprise/store'
import type { LoadedImage, ModelCall, PromptMessage, PromptPart, PromptToolResult } from '../models/model-provider.ts'
import type { MessageOfTurn, Turn } from '../turn/turn.ts'
import { countTokens, type EarlierTurn } from './earlier-turns.ts'

/**
 * The prompt of a turn's next model call: the latest earlier turns that fit into the model's window, oldest first, and
 * the turn's own messages. Turns that wait behind this one are not in it, whenever they came.
 */
export function buildPrompt(db: Database, turn: Turn, earlier: readonly EarlierTurn[]): Pick<ModelCall, 'earlier_turns' | 'messages'> {
  let tokensLeft = turn.model.context_window - countTokens(turn.messages)
  let first = earlier.length
  while (first > 0 && earlier[first - 1]!.tokens <= tokensLeft) tokensLeft -= earlier[--first]!.tokens
  return {
    earlier_turns: earlier.slice(first).map((past) => showEarlierTurn(past, db, turn)),
    messages: turn.messages.map((message) => showOnce(message, db, turn)),
  }
}

/** What an earlier turn shows does not change from call to call, unless the model does. */
function showEarlierTurn(past: EarlierTurn, db: Database, turn: Turn): readonly PromptMessage[] {
  if (past.shown?.model_id !== turn.model.id) {
    past.shown = { model_id: turn.model.id, messages: past.messages.map((message) => showMessage(message, db, turn)) }
  }
  return past.shown.messages
}

const shown = new WeakMap<MessageOfTurn, PromptMessage>()

/** A turn has one model, so each of its own messages is shown in one way. */
function showOnce(message: MessageOfTurn, db: Database, turn: Turn): PromptMessage {
  const known = shown.get(message)
  if (known) return known
  const prompt = showMessage(message, db, turn)
  shown.set(message, prompt)
  return prompt
}

function showMessage(message: MessageOfTurn, db: Database, turn: Turn): PromptMessage {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: message.content.flatMap((part) => showPart(part, db, turn.organization_id) ?? []) }
    case 'agent':
      return {
        role: 'agent',
        content: message.content.filter((part) => part.type === 'text' || part.type === 'tool_call'),
        // Signatures hold for the model that gave them: of another model's thinking nothing is sent.
        thinking: message.model_id === turn.model.id ? message.thinking : [],
      }
    case 'tool_result':
      return { role: 'tool_result', content: message.content.map((part) => showToolResult(part, db, turn.organization_id)) }
  }
}

/** Of a result that is kept elsewhere, its beginning says so. */
function showToolResult({ images, value_id: _elsewhere, ...part }: ToolResultPart, db: Database, organizationId: string): PromptToolResult {
  return images ? { ...part, images: images.map((image) => ({ type: 'image', ...image, load: () => loadImage(db, organizationId, image.image_id) })) } : part
}

function showPart(part: ContentPart, db: Database, organizationId: string): PromptPart | null {
  if (part.type === 'text') return part
  const stored = readStoredImage(part)
  if (stored) return { type: 'image', ...stored, load: () => loadImage(db, organizationId, stored.image_id) }
  if (part.type === 'image_file') {
    const { image_id } = part
    return { type: 'image', media_type: 'image/*', image_id, load: () => loadImage(db, organizationId, image_id) }
  }
  return part.type === 'image' && part.url ? { type: 'image', media_type: part.media_type ?? 'image/*', url: part.url } : null
}

async function loadImage(db: Database, organizationId: string, imageId: string): Promise<LoadedImage> {
  const image = await readImageBytes(db, organizationId, imageId, 'full')
  // A message's images are held by foreign key.
  if (!image) throw new Error(`image ${imageId} of a stored message is gone`)
  return { media_type: image.content_type as ImageMediaType, base64: Buffer.from(image.bytes).toString('base64') } // checked when it was stored
}
