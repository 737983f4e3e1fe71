import { errorCatalogue, type ErrorCode } from '@reprise/contract'
import { z } from 'zod'

const codes = Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]] // the catalogue's own keys

/** The shape of every error, for the documentation. */
const problem = z
  .object({
    type: z.string().describe('Where the code is explained'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What went wrong this time'),
    code: z.enum(codes),
    instance: z.string(),
    error: z.object({ code: z.enum(codes), message: z.string() }),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional().describe("What is wrong with which field, in the request's own words"),
  })
  .meta({ id: 'Problem', description: 'An RFC 9457 problem' })

/** Documents that a route may answer with problems of these statuses. */
export function problems<S extends number>(...statuses: S[]): Record<S, unknown> {
  const entries = statuses.map((status) => {
    const titles = Object.values(errorCatalogue).filter((entry) => entry.status === status).map(({ title }) => title)
    return [status, { description: titles.join(' · '), content: { 'application/problem+json': { schema: problem } } }]
  })
  return Object.fromEntries(entries) as Record<S, unknown> // its keys are the statuses given
}
