import { limits, type EventType } from '@reprise/contract'
import type { Database } from '../database.ts'
import { EventRecord } from '../events/event-record.ts'
import { messageColumns, type StoredMessage } from '../messages/write-message.ts'
import type { Found } from '../scan/scan-in-slices.ts'
import type { Measured } from './messages.ts'

export interface EventFilter {
  organization_id: string
  session_id: string
  after_sequence?: number
  before_sequence?: number
  types?: string[]
  exclude?: string[]
  turn_id?: string
  /** Only events about a tool of this name. */
  tool_name?: string
  /** Only events whose message has all of these. */
  tags?: string[]
  /** Only events in whose data, as JSON text or as words, this is found; ASCII letters in either case. */
  q?: string
  limit: number
  /** Stops before a page grows beyond this, but never before its first event. */
  bytesMax?: number
  /** Take the last `limit` events instead of the first. Either way they come oldest first. */
  newest: boolean
}

interface EventRow {
  event_sequence: number
  event_ms: number
  turn_id_of_event: string | null
  input_message_id: string | null
  type: EventType
  data_json: string
}

/** In place of an event that was pruned stands a null: the others of its row keep their places, and so their sequences. */
export const isKept = `e.event->>'type' IS NOT NULL`

// Ordered and bounded by the journal's key, so that a page costs what it shows, wherever it is and however long the
// session: the checkpoint with the event before $4 is the last that is looked at.
const statement = (direction: 'ASC' | 'DESC') => `/* readEvents */
SELECT * FROM (
  SELECT page.*, sum(octet_length(data_json) + coalesce(octet_length(content_json), 0)) OVER (ORDER BY event_sequence ${direction})::bigint AS bytes,
    row_number() OVER (ORDER BY event_sequence ${direction}) AS position, count(*) OVER () AS wanted
  FROM (
    SELECT
      j.first_sequence + e.position - 1 AS event_sequence, j.event_ms, j.turn_id AS turn_id_of_event, j.input_message_id,
      e.event->>'type' AS type, (e.event->'data')::text AS data_json, ${messageColumns}
    FROM journal j
    CROSS JOIN LATERAL json_array_elements(j.events) WITH ORDINALITY AS e(event, position)
    LEFT JOIN messages m ON m.session_id = j.session_id AND m.sequence = j.first_sequence + e.position - 1
    WHERE j.organization_id = $1 AND j.session_id = $2
      AND j.last_sequence > $3::bigint AND j.first_sequence < $4::bigint
      AND j.last_sequence <= coalesce(
        (SELECT k.last_sequence FROM journal k WHERE k.session_id = $2 AND k.last_sequence >= $4 - 1 ORDER BY k.last_sequence LIMIT 1), $4
      )
      AND j.first_sequence + e.position - 1 > $3::bigint AND j.first_sequence + e.position - 1 < $4::bigint
      AND ${isKept}
      AND ($5::text[] IS NULL OR e.event->>'type' = ANY ($5))
      AND ($6::text[] IS NULL OR e.event->>'type' <> ALL ($6))
      AND ($7::text IS NULL OR j.turn_id = $7)
      AND ($10::text IS NULL OR strpos(j.events::text, to_json($10)::text) > 0 AND event_names_tool(e.event->'data', $10))
      AND ($11::text[] IS NULL OR m.tags::jsonb ?& $11)
      AND (
        $12::text IS NULL OR strpos(lower((e.event->'data')::text COLLATE "C"), lower($12 COLLATE "C")) > 0
        OR m.content IS NOT NULL AND (
          strpos(lower(m.content::text COLLATE "C"), lower($12 COLLATE "C")) > 0
          -- Without a backslash, JSON text has a text's characters as they are.
          OR strpos(m.content::text, '\\') > 0 AND strpos(lower(message_text(m.content, ${limits.searchedBytesMax}) COLLATE "C"), lower($12 COLLATE "C")) > 0
        )
      )
    ORDER BY j.last_sequence ${direction}, e.position ${direction}
    LIMIT $8
  ) page
) measured
WHERE $9::bigint IS NULL OR position = 1 OR bytes <= $9
ORDER BY event_sequence ${direction}`

const oldestFirst = { name: 'read_events', text: statement('ASC') }
const newestFirst = { name: 'read_newest_events', text: statement('DESC') }

const sequenceMax = Number.MAX_SAFE_INTEGER

/** Reads a page of a session's events, oldest first. */
export async function readEvents(db: Database, filter: EventFilter): Promise<EventRecord[]> {
  return (await readEventSlice(db, filter)).page
}

/** The same, and whether there was room for all of it. */
export async function readEventSlice(db: Database, filter: EventFilter): Promise<Found<EventRecord>> {
  const { organization_id, session_id, after_sequence = 0, before_sequence = sequenceMax, types, exclude, turn_id, limit, bytesMax, newest } = filter
  const { tool_name, tags, q } = filter
  const values = [
    organization_id, session_id, after_sequence, before_sequence, types ?? null, exclude ?? null, turn_id ?? null, limit, bytesMax ?? null,
    tool_name ?? null, tags ?? null, q ?? null,
  ]
  const { rows } = await db.query<EventRow & StoredMessage & Measured>({ ...(newest ? newestFirst : oldestFirst), values })
  const { bytes = 0, wanted = 0 } = rows.at(-1) ?? {}
  if (newest) rows.reverse()
  const page = rows.map((row) => {
    const { event_sequence: sequence, event_ms, turn_id_of_event, input_message_id, type, data_json } = row
    const origin = { session_id, sequence, event_ms, turn_id: turn_id_of_event, input_message_id }
    return new EventRecord({ type, data_json }, origin, row.id === null ? null : row)
  })
  return { page, bytes, isCut: rows.length < wanted }
}
