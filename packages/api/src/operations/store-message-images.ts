import type { MessageBody } from '@reprise/compute'
import { findImages, insertImage } from '@reprise/store'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, PostingServices } from '../services.ts'
import { findSession } from './find-session.ts'

/** Stores the inline images of a message and finds the ones it refers to; answers the ids of all, each once. */
export async function storeMessageImages(services: PostingServices, caller: Caller, sessionId: string, body: MessageBody): Promise<string[]> {
  const { images, image_file_ids } = body
  if (images.length === 0 && image_file_ids.length === 0) return []
  // Asked before anything is stored: a message to nowhere leaves nothing behind.
  await findSession(services, caller, sessionId)
  await checkImageFiles(services, caller, body)
  const { organization_id } = caller
  for (const { image_id, ...image } of images) await insertImage(services.db, { ...image, organization_id, id: image_id, filename: null, uploaded: false })
  return [...new Set([...images.map(({ image_id }) => image_id), ...image_file_ids])]
}

/** Refuses references to images that the organization does not have. */
export async function checkImageFiles({ db }: PostingServices, caller: Caller, { image_file_ids, request }: MessageBody): Promise<void> {
  if (image_file_ids.length === 0) return
  const found = await findImages(db, caller.organization_id, image_file_ids)
  for (const [index, part] of request.message.content.entries()) {
    if (part.type === 'image_file' && !found.has(part.image_id)) {
      throw fieldError('unknown_image', `message.content[${index}].image_id`, `there is no image ${part.image_id}`)
    }
  }
}
