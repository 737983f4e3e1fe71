import { readStoredImage } from '@reprise/contract'
import type { MessageOfTurn } from '../turn/turn.ts'

export function showsImages(message: MessageOfTurn): boolean {
  return message.content.some((part) => part.type === 'image' || part.type === 'image_file' || (part.type === 'tool_result' && part.images !== undefined))
}

/** The urls that a caller gave instead of an image. */
export function listImageUrls(message: MessageOfTurn): string[] {
  if (message.role !== 'user') return []
  return message.content.flatMap((part) => (part.type === 'image' && part.url !== undefined && !readStoredImage(part) ? [part.url] : []))
}
