import type { LanguageModelV4FilePart } from '@ai-sdk/provider'
import { ModelError } from '../model-error.ts'
import type { ImageLimits, PromptImage, PromptMessage } from '../model-provider.ts'

/** A url goes as it is to a vendor that takes urls; anything else is loaded. */
export async function writeImage(image: PromptImage, { takesUrls }: ImageLimits): Promise<LanguageModelV4FilePart> {
  if (image.url !== undefined && takesUrls) return { type: 'file', mediaType: image.media_type, data: { type: 'url', url: new URL(image.url) } }
  if (!image.load) throw new ModelError('invalid_request', 'an image of the prompt cannot be loaded for this provider')
  const { media_type, base64 } = await image.load()
  return { type: 'file', mediaType: media_type, data: { type: 'data', data: base64 } }
}

export function holdsImages(message: PromptMessage): boolean {
  if (message.role === 'user') return message.content.some((part) => part.type === 'image')
  return message.role === 'tool_result' && message.content.some((result) => (result.images?.length ?? 0) > 0)
}
