import { ids, limits, type Image } from '@reprise/contract'
import { listImages as readImages } from '@reprise/store'
import { z } from 'zod'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'

export const listImagesInput = z.object({
  limit: z.int().min(1).max(limits.pageSizeMax).default(limits.pageSizeDefault),
  before: ids.image.optional().describe('Only images that were uploaded before this one'),
})

/** The uploaded images, newest first; what came inside messages is shown with them. */
export async function listImages({ db }: Services, caller: Caller, input: z.output<typeof listImagesInput>): Promise<Image[]> {
  const images = await readImages(db, caller.organization_id, input)
  if (!images) throw fieldError('invalid_cursor', 'before', `${input.before} is not an uploaded image`)
  return images
}
