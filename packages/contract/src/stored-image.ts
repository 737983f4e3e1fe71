/**
 * How an inline image stands in stored content. A message's content is stored as the caller's own JSON text, with
 * only the base64 taken out: in its place stands `@img_<32 hex>;<media type>`. `@` is no base64 digit, so nothing
 * that a caller may send looks like it, and putting the base64 back gives the very text that was sent.
 */
import type { ContentPart } from './content.ts'

export interface StoredImage {
  image_id: string
  media_type: string
}

const reference = /@(img_[0-9a-f]{32});(image\/[a-z]+)$/

export function writeStoredImage({ image_id, media_type }: StoredImage): string {
  return `@${image_id};${media_type}`
}

/** Reads the reference in a stored image part's `base64`, or in its `data:` url; null for a part that holds none. */
export function readStoredImage(part: ContentPart): StoredImage | null {
  if (part.type !== 'image') return null
  const match = reference.exec(part.base64 ?? (part.url?.startsWith('data:') ? part.url : ''))
  return match ? { image_id: match[1]!, media_type: match[2]! } : null
}

/** The form that lists, events and tRPC show: an inline image is a url of this server. */
export function showStoredContent(content: readonly ContentPart[]): ContentPart[] {
  return content.map((part) => {
    const stored = readStoredImage(part)
    return stored ? { type: 'image', url: `/v1/images/${stored.image_id}`, media_type: stored.media_type } : part
  })
}
