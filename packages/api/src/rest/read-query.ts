import { fieldError } from '../errors/to-app-error.ts'

/** Which parameters of a query are not single texts. */
export interface QueryShape {
  integers?: readonly string[]
  booleans?: readonly string[]
  /** May be repeated: `types=a&types=b`. */
  lists?: readonly string[]
}

const booleans: Record<string, boolean> = { true: true, false: false, '1': true, '0': false }

/** Gives query texts the types that the operation's schema asks for; what does not read as one stays text, for the schema to refuse. */
export function readQuery(query: unknown, { integers = [], booleans: flags = [], lists = [] }: QueryShape): Record<string, unknown> {
  const input: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(query as Record<string, string | string[]>)) { // as fastify parses every query
    if (lists.includes(key)) input[key] = typeof value === 'string' ? [value] : value
    else if (typeof value !== 'string') throw fieldError('invalid_request', key, 'must be given once')
    else if (integers.includes(key)) input[key] = /^-?\d{1,16}$/.test(value) ? Number(value) : value
    else if (flags.includes(key)) input[key] = booleans[value] ?? value
    else input[key] = value
  }
  return input
}
