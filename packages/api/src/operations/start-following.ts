import { ids } from '@reprise/contract'
import type { EventRecord } from '@reprise/store'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { findSession } from './find-session.ts'
import { checkEventTypes, eventFilter } from './event-filter.ts'
import { readCursor } from './read-cursor.ts'

export const startFollowingInput = eventFilter.extend({
  session_id: ids.session,
  since_id: ids.event.optional().describe('Only events after this one'),
  last_event_id: ids.event.optional().describe('As since_id, and wins over it: what a client sends by itself when it connects again'),
  from: z.literal('now').optional().describe('Only what happens from now on'),
})

/** Where a stream of a session begins, and which events it shows. */
export interface SessionFollowing {
  organization_id: string
  session_id: string
  after: number
  tip: number
  /** Set when events after the cursor are no longer stored: the first that still is. */
  oldest_sequence: number | null
  shows: (event: EventRecord) => boolean
  /** The stream is over, and somebody else may open one. */
  close: () => void
}

/** Counts as an open stream of its organization from now on, until `close`. */
export async function startFollowing(services: Services, caller: Caller, input: z.output<typeof startFollowingInput>): Promise<SessionFollowing> {
  const { session_id, since_id, last_event_id, from } = input
  checkEventTypes(input)
  const tip = await findSession(services, caller, session_id, services.limits.processId)
  const cursor = last_event_id ?? since_id
  const beginning = from === 'now' ? tip.last_sequence : 0
  const after = cursor === undefined ? beginning : readCursor(session_id, tip, cursor, last_event_id === undefined ? 'since_id' : 'Last-Event-ID')
  return {
    organization_id: caller.organization_id,
    session_id,
    after,
    tip: tip.last_sequence,
    oldest_sequence: after + 1 < tip.oldest_sequence ? tip.oldest_sequence : null,
    shows: createFilter(input),
    ...services.limits.openStream(caller.organization_id, tip),
  }
}

const showsAll = () => true

function createFilter({ types, exclude }: z.output<typeof eventFilter>): (event: EventRecord) => boolean {
  if (!types && !exclude) return showsAll
  const wanted = types && new Set(types)
  const unwanted = new Set(exclude)
  return ({ type }) => (!wanted || wanted.has(type)) && !unwanted.has(type)
}
