import { AppError, ids } from '@reprise/contract'
import { readImageBytes, type ImageBytes } from '@reprise/store'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'

export const getImageInput = z.object({ image_id: ids.image })

/** The bytes of an image, or of its thumbnail of at most 200 pixels. */
export async function getImage({ db }: Services, caller: Caller, { image_id }: z.output<typeof getImageInput>, form: 'full' | 'thumbnail'): Promise<ImageBytes> {
  const image = await readImageBytes(db, caller.organization_id, image_id, form)
  if (!image) throw new AppError('image_not_found')
  return image
}
