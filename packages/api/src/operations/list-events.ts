import { ids, isKnownEventType, limits } from '@reprise/contract'
import { readEvents, type EventRecord } from '@reprise/store'
import { z } from 'zod'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'
import { findSession } from './find-session.ts'
import { readCursor } from './read-cursor.ts'

const typeFilter = z.array(z.string()).max(limits.eventTypesPerFilterMax, `must name at most ${limits.eventTypesPerFilterMax} types`).optional()
const sequence = z.int().min(0).max(Number.MAX_SAFE_INTEGER)

/** Which events a list or a stream shows. */
export const eventFilter = z.object({
  types: typeFilter.describe('Only events of these types'),
  exclude: typeFilter.describe('No events of these types'),
})

export const listEventsInput = eventFilter.extend({
  session_id: ids.session,
  since_id: ids.event.optional().describe('Only events after this one'),
  after_sequence: sequence.optional().describe('Only events with a higher sequence'),
  before_sequence: sequence.optional().describe('Only events with a lower sequence'),
  turn_id: ids.turn.optional().describe('Only events of this turn'),
  limit: z
    .int()
    .min(1)
    .max(limits.pageSizeMax)
    .default(limits.pageSizeDefault)
    .describe('At most this many; without a forward cursor the last ones, either way oldest first'),
})

export async function listEvents(services: Services, caller: Caller, input: z.output<typeof listEventsInput>): Promise<EventRecord[]> {
  const { session_id, since_id, after_sequence, before_sequence, types, exclude, turn_id, limit } = input
  checkEventTypes(input)
  const tip = await findSession(services, caller, session_id)
  const since = since_id === undefined ? undefined : readCursor(session_id, tip, since_id, 'since_id')
  const after = since === undefined ? after_sequence : Math.max(since, after_sequence ?? 0)
  return await readEvents(services.db, {
    organization_id: caller.organization_id,
    session_id,
    after_sequence: after,
    before_sequence,
    types,
    exclude,
    turn_id,
    limit,
    newest: after === undefined,
  })
}

/** A misspelled type would filter everything out, or nothing, and never say so. */
export function checkEventTypes(filter: z.output<typeof eventFilter>): void {
  for (const key of ['types', 'exclude'] as const) {
    const index = filter[key]?.findIndex((type) => !isKnownEventType(type)) ?? -1
    if (index < 0) continue
    throw fieldError('unknown_event_type', `${key}[${index}]`, `there is no event type ${JSON.stringify(filter[key]![index])}`)
  }
}
