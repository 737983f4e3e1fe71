import type { ContentPartInput } from '@reprise/contract'
import { findImages } from '@reprise/store'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, PostingServices } from '../services.ts'

/** Refuses references to images that the organization does not have. */
export async function checkImageFiles({ db }: PostingServices, caller: Caller, content: readonly ContentPartInput[]): Promise<void> {
  const named = content.flatMap((part, index) => (part.type === 'image_file' ? [{ index, image_id: part.image_id }] : []))
  if (named.length === 0) return
  const found = await findImages(db, caller.organization_id, named.map(({ image_id }) => image_id))
  const missing = named.find(({ image_id }) => !found.has(image_id))
  if (missing) throw fieldError('unknown_image', `message.content[${missing.index}].image_id`, `there is no image ${missing.image_id}`)
}
