import { isKnownEventType, limits } from '@reprise/contract'
import { z } from 'zod'
import { fieldError } from '../errors/to-app-error.ts'

const typeFilter = z.array(z.string()).max(limits.eventTypesPerFilterMax, `must name at most ${limits.eventTypesPerFilterMax} types`).optional()

/** Which events a list or a stream shows. */
export const eventFilter = z.object({
  types: typeFilter.describe('Only events of these types'),
  exclude: typeFilter.describe('No events of these types'),
})

/** A misspelled type would filter everything out, or nothing, and never say so. */
export function checkEventTypes(filter: z.output<typeof eventFilter>): void {
  for (const key of ['types', 'exclude'] as const) {
    const index = filter[key]?.findIndex((type) => !isKnownEventType(type)) ?? -1
    if (index < 0) continue
    throw fieldError('unknown_event_type', `${key}[${index}]`, `there is no event type ${JSON.stringify(filter[key]![index])}`)
  }
}
