import type { LanguageModelV4FilePart, LanguageModelV4TextPart } from '@ai-sdk/provider'
import type { ImageLimits, PromptPart } from '../model-provider.ts'
import type { Speech } from './prompt-assembly.ts'
import { writeImage } from './write-image.ts'

/** Vendors refuse text of nothing but white space, in every later call of the session as well. */
export async function writeUserMessage(parts: readonly PromptPart[], limits: ImageLimits): Promise<Speech> {
  const content: (LanguageModelV4TextPart | LanguageModelV4FilePart)[] = []
  for (const part of parts) {
    if (part.type === 'image') content.push(await writeImage(part, limits))
    else if (part.text.trim() !== '') content.push({ type: 'text', text: part.text })
  }
  return { role: 'user', content: content.length > 0 ? content : [{ type: 'text', text: '(blank message)' }] }
}
