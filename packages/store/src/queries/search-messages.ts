import { limits } from '@reprise/contract'
import type { Database } from '../database.ts'
import { parseSearch } from '../messages/parse-search.ts'
import { messageColumns, type StoredMessage } from '../messages/write-message.ts'
import { scanInSlices, type Range } from '../scan/scan-in-slices.ts'
import { boundPage, messagePageBytesMax, type Measured, type MessageFilter } from './messages.ts'

type Direction = 'ASC' | 'DESC'

// What is cheap comes first: the JSON text as it stands, in which any character may be written as an escape, is only
// good for passing over what cannot match. Then the text, then its words.
const search = (direction: Direction) => `/* searchMessages */
${boundPage(`SELECT ${messageColumns} FROM messages m
WHERE m.organization_id = $1 AND m.session_id = $2 AND m.sequence > $3::bigint AND m.sequence < $4::bigint AND ($5::text IS NULL OR m.role = $5)
  AND (
    lower(m.content::text COLLATE "C") LIKE ALL ($8::text[]) AND ($9::text[] IS NULL OR lower(m.content::text COLLATE "C") LIKE ANY ($9))
    OR strpos(m.content::text, '\\u') > 0
  )
  AND message_matches(m.content, websearch_to_tsquery('simple', $7), $8, $9, $10)
ORDER BY m.sequence ${direction} LIMIT $6`, direction, '$11')}`

const findEdge = (direction: Direction) => `/* findMessageEdge */
SELECT sequence FROM messages
WHERE organization_id = $1 AND session_id = $2 AND sequence > $3::bigint AND sequence < $4::bigint
ORDER BY sequence ${direction} OFFSET $5 LIMIT 1`

/** The messages of a session in whose first 200 KB of text `q` is found, oldest first. */
export async function searchMessages(db: Database, filter: MessageFilter, q: string, signal: AbortSignal): Promise<StoredMessage[]> {
  const { organization_id, session_id, after_sequence = 0, before_sequence = Number.MAX_SAFE_INTEGER, role, limit, newest } = filter
  const parsed = parseSearch(q)
  if (!parsed) return []
  const { websearch, all_like, any_like } = parsed
  const direction = newest ? 'DESC' : 'ASC'
  return await scanInSlices<StoredMessage>(db, {
    range: { after: after_sequence, before: before_sequence },
    limit,
    newest,
    bytesMax: messagePageBytesMax,
    signal,
    async findEdge({ after, before }: Range, count: number) {
      const { rows } = await db.query<{ sequence: number }>({
        name: `find_message_edge_${direction}`,
        text: findEdge(direction),
        values: [organization_id, session_id, after, before, newest ? count : count - 1],
      })
      return rows[0]?.sequence ?? null
    },
    async read({ after, before }: Range, most: number) {
      const { rows } = await db.query<StoredMessage & Measured>({
        name: `search_messages_${direction}`,
        text: search(direction),
        values: [organization_id, session_id, after, before, role ?? null, most, websearch, all_like, any_like, limits.searchedBytesMax, messagePageBytesMax],
      })
      const { bytes = 0, wanted = 0 } = rows.at(-1) ?? {}
      return { page: newest ? rows.reverse() : rows, bytes, isCut: rows.length < wanted }
    },
  })
}
