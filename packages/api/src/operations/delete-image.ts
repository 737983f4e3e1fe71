import { AppError } from '@reprise/contract'
import { deleteImage as removeImage } from '@reprise/store'
import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import type { getImageInput } from './get-image.ts'

/** Deletes an image that no message shows. */
export async function deleteImage({ db }: Services, caller: Caller, { image_id }: z.output<typeof getImageInput>): Promise<void> {
  const outcome = await removeImage(db, caller.organization_id, image_id)
  if (outcome === 'not_found') throw new AppError('image_not_found')
  if (outcome === 'in_use') throw new AppError('image_in_use', { message: 'A message shows the image' })
}
