import { readStoredImage, type ContentPart, type ToolResultPart } from '@reprise/contract'
import type { TurnModel } from '@reprise/store'
import type { PromptImage, PromptMessage, PromptPart, PromptToolResult } from '../models/model-provider.ts'
import type { MessageOfTurn } from '../turn/turn.ts'
import type { TurnImages } from './turn-images.ts'

/** A message as the prompts of one model show it. */
export function showMessage(message: MessageOfTurn, model: TurnModel, images: TurnImages): PromptMessage {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: message.content.flatMap((part) => showPart(part, model, images) ?? []) }
    case 'agent':
      return {
        role: 'agent',
        content: message.content.filter((part) => part.type === 'text' || part.type === 'tool_call'),
        // Signatures hold for the model that gave them: of another model's thinking nothing is sent.
        thinking: message.model_id === model.id ? message.thinking : [],
      }
    case 'tool_result':
      return { role: 'tool_result', content: message.content.map((part) => showResult(part, model, images)) }
  }
}

/** Stands for images where a model takes none: the session may have had another before. */
const imageLeftOut = '[An image was here. This model cannot see images.]'

function showPart(part: ContentPart, { supports_images }: TurnModel, images: TurnImages): PromptPart | null {
  if (part.type === 'text') return part
  if (!supports_images && (part.type === 'image' || part.type === 'image_file')) return { type: 'text', text: imageLeftOut }
  const stored = readStoredImage(part)
  if (stored) return showStored(stored.image_id, stored.media_type, images)
  if (part.type === 'image_file') return showStored(part.image_id, 'image/*', images)
  return part.type === 'image' && part.url ? images.showUrl(part.url, part.media_type) : null
}

function showResult({ images: stored, value_id: _elsewhere, ...part }: ToolResultPart, { supports_images }: TurnModel, images: TurnImages): PromptToolResult {
  // What the result says of its images stays, and so does what it says of the rest that is kept elsewhere.
  return stored && supports_images ? { ...part, images: stored.map(({ image_id, media_type }) => showStored(image_id, media_type, images)) } : part
}

function showStored(image_id: string, media_type: string, images: TurnImages): PromptImage {
  return { type: 'image', media_type, image_id, load: () => images.load(image_id) }
}
