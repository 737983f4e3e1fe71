import { z } from 'zod'
import { ids } from './ids.ts'

/** An uploaded image. `content_type` is what its bytes are, whatever the upload declared. */
export const image = z
  .object({
    id: ids.image,
    filename: z.string().nullable(),
    content_type: z.string(),
    size_bytes: z.int(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Image' })
export type Image = z.output<typeof image>
