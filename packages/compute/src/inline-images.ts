import type { CreateMessageRequest, ImageMediaType, Parsed } from '@reprise/contract'

/** An image whose bytes came within the message, still encoded. */
export interface InlineImage {
  /** Its place in `message.content`. */
  index: number
  member: 'base64' | 'url'
  base64: string
  /** Every type that the part declares: `media_type`, and that of a `data:` url. */
  declared: ImageMediaType[]
}

type Content = CreateMessageRequest['message']['content']

const dataUrlStart = /^data:(image\/(?:png|jpeg|gif|webp));base64,/

export function hasInlineImages(content: Content): boolean {
  return content.some((part) => part.type === 'image' && (part.base64 !== undefined || part.url?.startsWith('data:')))
}

export function findInlineImages(content: Content): Parsed<InlineImage[]> {
  const images: InlineImage[] = []
  for (const [index, part] of content.entries()) {
    if (part.type !== 'image') continue
    const declared = part.media_type ? [part.media_type] : []
    if (part.base64 !== undefined) {
      images.push({ index, member: 'base64', base64: part.base64, declared })
    } else if (part.url?.startsWith('data:')) {
      const start = dataUrlStart.exec(part.url)
      if (!start) return refuseImage(index, 'url', 'must be data:image/(png|jpeg|gif|webp);base64, followed by base64')
      // The pattern lets through no other type.
      const ofUrl = start[1] as ImageMediaType
      images.push({ index, member: 'url', base64: part.url.slice(start[0].length), declared: [ofUrl, ...declared] })
    }
  }
  return { ok: true, value: images }
}

/** Refuses one image of a message in the request's own words. */
export function refuseImage(index: number, member: InlineImage['member'], message: string): Parsed<never> {
  const path = `message.content[${index}].${member}`
  return { ok: false, refusal: { code: 'invalid_image', message: `${path}: ${message}`, errors: [{ path, message }] } }
}
