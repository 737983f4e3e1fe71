import type { MessageBody } from '@reprise/compute'
import { insertImage } from '@reprise/store'
import type { Caller, PostingServices } from '../services.ts'
import { checkImageFiles } from './check-image-files.ts'
import { findSession } from './find-session.ts'

/** Stores the inline images of a message and finds the ones it refers to; answers the ids of all, each once. */
export async function storeMessageImages(services: PostingServices, caller: Caller, sessionId: string, body: MessageBody): Promise<string[]> {
  const { images, image_file_ids } = body
  if (images.length === 0 && image_file_ids.length === 0) return []
  // Asked before anything is stored: a message to nowhere leaves nothing behind.
  await findSession(services, caller, sessionId)
  await checkImageFiles(services, caller, body.request.message.content)
  const { organization_id } = caller
  for (const { image_id, ...image } of images) await insertImage(services.db, { ...image, organization_id, id: image_id, filename: null, uploaded: false })
  return [...new Set([...images.map(({ image_id }) => image_id), ...image_file_ids])]
}
