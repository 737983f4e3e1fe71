import { AppError, type Event } from '@reprise/contract'
import { followEvents } from '@reprise/store'
import { tracked } from '@trpc/server'
import { listEvents } from '../operations/list-events.ts'
import { listEventsInput } from '../operations/list-events-input.ts'
import { startFollowing, startFollowingInput } from '../operations/start-following.ts'
import { checked, procedure, router } from './procedures.ts'

/** tRPC puts the id of the last event that a client saw into the input when it connects again. */
const subscribeInput = startFollowingInput.omit({ last_event_id: true }).extend({ lastEventId: startFollowingInput.shape.last_event_id })

export const events = router({
  list: procedure.input(checked(listEventsInput)).query(async ({ ctx, input }) => {
    const events = await listEvents(ctx.services, ctx.caller, input, ctx.signal)
    return events.map(({ json }) => parseEvent(json))
  }),

  /** Every stored event after the cursor, then live; resumes by the id of any event. */
  subscribe: procedure.input(checked(subscribeInput)).subscription(async function* ({ ctx, input, signal }) {
    const { db, hub } = ctx.services
    const { lastEventId: last_event_id, ...rest } = input
    const { organization_id, session_id, after, tip, shows, close } = await startFollowing(ctx.services, ctx.caller, { ...rest, last_event_id })
    // Not by the server's stopping: a subscription that returns is over for its client, one that breaks is resumed.
    const gone = signal ? AbortSignal.any([ctx.signal, signal]) : ctx.signal
    try {
      for await (const page of followEvents(db, hub, { organization_id, session_id, after, tip, signal: gone })) {
        for (const event of page) if (shows(event)) yield tracked(event.id, parseEvent(event.json))
      }
    } finally {
      close()
    }
    if (!gone.aborted) throw new AppError('session_not_found')
  }),
})

export function parseEvent(json: string): Event {
  return JSON.parse(json) as Event // written by us
}
