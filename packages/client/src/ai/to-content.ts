import type { UIMessage } from 'ai'
import type { NewMessage } from '../post-message.ts'

type ContentPart = Extract<NewMessage, { message: unknown }>['message']['content'][number]

const storedImage = /\/v1\/images\/(img_[0-9a-f]{32})$/

/** What a user wrote and attached, as the server takes it: text, and images as `data:` urls, https urls or uploaded ones (`/v1/images/img_…`). */
export function toContent({ parts }: Pick<UIMessage, 'parts'>): ContentPart[] {
  return parts.flatMap((part): ContentPart[] => {
    if (part.type === 'text') return part.text === '' ? [] : [{ type: 'text', text: part.text }]
    if (part.type !== 'file') return []
    const name = part.filename ?? 'A file'
    if (part.mediaType !== 'image' && !part.mediaType.startsWith('image/')) throw new Error(`Only images can be sent: ${name} is ${part.mediaType}`)
    const [, image_id] = storedImage.exec(part.url) ?? []
    if (image_id !== undefined) return [{ type: 'image_file', image_id, filename: part.filename }]
    // The server finds out by itself what it is.
    return [{ type: 'image', url: part.url }]
  })
}
