import { limits } from '@reprise/contract'
import { z } from 'zod'

/** Which part of a list is asked for, where lists are short enough to be counted. */
export const pageInput = z.object({
  offset: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  limit: z.int().min(1).max(limits.pageSizeMax).default(limits.pageSizeDefault),
})

/** A list, and how long the whole of it is. */
export interface Counted<T> {
  data: T[]
  total: number
}

/** A part of a list, as it was asked for. */
export interface Page<T> extends Counted<T>, z.output<typeof pageInput> {}
