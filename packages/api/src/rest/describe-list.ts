import { z } from 'zod'

/** A list under `data` and, where the documented clients read it by another name, under that one too. */
export function describeList(entry: z.ZodType, name?: string) {
  const data = z.array(entry)
  return z.object({ data, ...(name !== undefined && { [name]: data.describe('The same array as data') }) })
}

/** With the length of the whole. */
export function describeCounted(entry: z.ZodType, name?: string) {
  return describeList(entry, name).extend({ total: z.int() })
}

/** A part of a list, as it was asked for. */
export function describePage(entry: z.ZodType, name?: string) {
  return describeCounted(entry, name).extend({ offset: z.int(), limit: z.int() })
}
