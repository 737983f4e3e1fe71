import { z } from 'zod'

/** After it a date is written in another way, which PostgreSQL does not read. */
const latest = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** A moment as callers write it, in whatever offset, given on in UTC: PostgreSQL takes none of 16 hours or more. */
export function moment(example: string) {
  return z.iso
    .datetime({ offset: true, error: `must be an RFC 3339 time, such as ${example}` })
    .refine((text) => Date.parse(text) <= latest, { error: 'must not be after the year 9999', abort: true })
    .overwrite((text) => new Date(text).toISOString())
}
