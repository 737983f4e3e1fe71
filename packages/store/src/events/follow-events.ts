import type { Database } from '../database.ts'
import { readEvents } from '../queries/read-events.ts'
import type { EventRecord } from './event-record.ts'
import type { Hub } from './hub.ts'

export interface FollowOptions {
  organization_id: string
  session_id: string
  /** Events after this sequence; 0 for all. */
  after: number
  /** The latest sequence, if the caller has just read it: then following from it costs no query. */
  tip?: number
  signal: AbortSignal
}

const pageEvents = 200
/** A reader holds at most so much of the table in memory, and one event more. */
const pageBytes = 1024 * 1024

/**
 * Every event of a session after a sequence, stored ones first, then live, each once and in order, until the signal
 * or the session's deletion.
 * Asks for the next page only when the last one was taken: whoever takes slowly is read to from the table.
 */
export async function* followEvents(db: Database, hub: Hub, options: FollowOptions): AsyncGenerator<EventRecord[], void, undefined> {
  const { organization_id, session_id, signal } = options
  let after = options.after
  let wake: () => void = () => {}
  const subscription = hub.subscribe(session_id, () => wake())
  const onAbort = () => wake()
  signal.addEventListener('abort', onAbort)
  try {
    // Subscribed before anything is read: what is committed from here on wakes us, what came before is in the table.
    let mustRead = options.tip === undefined
    if (options.tip !== undefined) subscription.sawTip(options.tip)
    while (!signal.aborted && !subscription.hasEnded()) {
      let page = mustRead ? null : subscription.recent(after)
      if (page === null) {
        const committed = subscription.tip()
        page = await readEvents(db, { organization_id, session_id, after_sequence: after, limit: pageEvents, bytesMax: pageBytes, newest: false })
        mustRead = options.tip === undefined && page.length > 0
        // What was committed before the reading and is not in the table any more was pruned: nobody waits for it.
        if (page.length === 0) after = Math.max(after, committed)
      }
      if (subscription.hasEnded()) return
      if (page.length > 0) {
        after = page.at(-1)!.sequence
        yield page
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve
          if (signal.aborted || subscription.hasEnded() || subscription.tip() > after) resolve()
        })
      }
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    subscription.close()
  }
}
