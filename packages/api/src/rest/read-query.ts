import type { z } from 'zod'
import { fieldError } from '../errors/to-app-error.ts'

const booleans: Record<string, boolean> = { true: true, false: false, '1': true, '0': false }

/** Gives the texts of a query the types that a schema asks for; what does not read as one stays text, for the schema to refuse. */
export function readQuery(query: unknown, { shape }: z.ZodObject): Record<string, unknown> {
  const input: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(query as Record<string, string | string[]>)) { // as fastify parses every query
    const type = Object.hasOwn(shape, key) ? findType(shape[key]!) : 'string'
    // Only a list may be repeated: `types=a&types=b`.
    if (type === 'array') input[key] = typeof value === 'string' ? [value] : value
    else if (typeof value !== 'string') throw fieldError('invalid_request', key, 'must be given once')
    else if (type === 'number') input[key] = /^-?\d{1,16}$/.test(value) ? Number(value) : value
    else if (type === 'boolean') input[key] = booleans[value] ?? value
    else input[key] = value
  }
  return input
}

/** What there is when there is something. */
function findType({ _zod }: z.core.$ZodType): string {
  const { type, innerType } = _zod.def as { type: string; innerType?: z.core.$ZodType } // what wraps another has it
  return innerType ? findType(innerType) : type
}
