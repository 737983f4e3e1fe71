import type { Database } from '../database.ts'
import type { EventRecord } from '../events/event-record.ts'
import { scanInSlices } from '../scan/scan-in-slices.ts'
import { messagePageBytesMax } from './messages.ts'
import { readEvents, readEventSlice, type EventFilter } from './read-events.ts'

const findEdge = (direction: 'ASC' | 'DESC') => `/* findJournalEdge */
SELECT last_sequence FROM journal
WHERE organization_id = $1 AND session_id = $2 AND last_sequence > $3::bigint AND last_sequence < $4::bigint
ORDER BY last_sequence ${direction} OFFSET $5 LIMIT 1`

/** A page of a session's events, oldest first. What the filter leaves out is passed over slice by slice. */
export async function findEvents(db: Database, filter: EventFilter, signal: AbortSignal): Promise<EventRecord[]> {
  const { organization_id, session_id, after_sequence = 0, before_sequence = Number.MAX_SAFE_INTEGER, newest, limit } = filter
  if (showsAll(filter)) return await readEvents(db, { bytesMax: messagePageBytesMax, ...filter })
  const direction = newest ? 'DESC' : 'ASC'
  return await scanInSlices(db, {
    range: { after: after_sequence, before: before_sequence },
    limit,
    newest,
    bytesMax: messagePageBytesMax,
    signal,
    async findEdge({ after, before }, count) {
      const { rows } = await db.query<{ last_sequence: number }>({
        name: `find_journal_edge_${direction}`,
        text: findEdge(direction),
        values: [organization_id, session_id, after, before, newest ? count : count - 1],
      })
      return rows[0]?.last_sequence ?? null
    },
    read: ({ after, before }, most) => readEventSlice(db, { bytesMax: messagePageBytesMax, ...filter, after_sequence: after, before_sequence: before, limit: most }),
  })
}

function showsAll({ types, exclude, turn_id, tool_name, tags, q }: EventFilter): boolean {
  return [types, exclude, turn_id, tool_name, tags, q].every((condition) => condition === undefined)
}
