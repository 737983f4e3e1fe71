/**
 * Prunes what an organization keeps only for a time: the deltas of messages, events, idempotency keys.
 *
 * R1  What belongs to a turn that has not ended stays: whoever takes the turn up reads it.
 * R2  Deltas go only with all others of their turn, a day or more after it ended: of a message there are all or none.
 * R3  A sequence never changes: where only some events of a row go, a null stands in the place of each.
 * R4  Every statement is a short transaction and can be done again. How far an organization is pruned is noted when all
 *     turns up to then are done, so a crash repeats some and skips none.
 */
import type { EventType } from '@reprise/contract'
import type { Database } from '../database.ts'

export type PrunedKind = 'deltas' | 'events'

const deltaTypes: EventType[] = ['output.message.delta', 'reason.thinking.delta']

/** From when back something of an organization `o` is pruned; null where it is kept for ever. */
const cutoffs = {
  deltas: `clock_timestamp() - make_interval(hours => greatest(24, o.deltas_kept_hours))`,
  // The event that brought a message is how its idempotency key finds it: keys go first.
  events: `least(clock_timestamp() - make_interval(days => o.events_kept_days), clock_timestamp() - make_interval(hours => greatest(24, o.idempotency_keys_kept_hours) + 1))`,
} as const satisfies Record<PrunedKind, string>
const keptFor = { deltas: 'o.deltas_kept_hours', events: 'o.events_kept_days' } as const satisfies Record<PrunedKind, string>

export async function listOrganizationIds(db: Database): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({ text: '/* listOrganizationIds */ SELECT id FROM organizations ORDER BY id' })
  return rows.map((row) => row.id)
}

/** Turns of one session whose past is to be pruned, and where in the journal it stands. */
export interface EndedTurns {
  session_id: string
  turn_ids: string[]
  first_sequence: number
  last_event_ms: number
}

/** The turns that ended next after those that were pruned before. `pruned_to` is where the organization is when they are; null: there are none. */
export async function listEndedTurns(db: Database, kind: PrunedKind, organizationId: string, limit: number): Promise<{ sessions: EndedTurns[]; pruned_to: string | null }> {
  const { rows } = await db.query<EndedTurns & { pruned_to: string }>({
    name: `list_ended_turns_${kind}`,
    text: `/* listEndedTurns */
WITH bounds AS (
  SELECT o.id, o.${kind}_pruned_to AS pruned_to, ${cutoffs[kind]} AS cutoff FROM organizations o WHERE o.id = $1 AND ${keptFor[kind]} IS NOT NULL
),
ended AS MATERIALIZED (
  SELECT t.session_id, t.id, t.input_sequence, t.ended_at
  FROM bounds b JOIN turns t ON t.organization_id = b.id AND t.ended_at > b.pruned_to AND t.ended_at < b.cutoff
  ORDER BY t.ended_at FETCH FIRST $2 ROWS WITH TIES
)
SELECT session_id, array_agg(id) AS turn_ids, min(input_sequence) AS first_sequence,
  ceil(max(extract(epoch FROM ended_at)) * 1000)::bigint AS last_event_ms, (SELECT max(ended_at) FROM ended)::text AS pruned_to
FROM ended GROUP BY session_id`,
    values: [organizationId, limit],
  })
  return { sessions: rows, pruned_to: rows[0]?.pruned_to ?? null }
}

export async function notePruned(db: Database, kind: PrunedKind, organizationId: string, prunedTo: string): Promise<void> {
  await db.query({
    name: `note_pruned_${kind}`,
    text: `/* notePruned */ UPDATE organizations SET ${kind}_pruned_to = greatest(${kind}_pruned_to, $2::timestamptz) WHERE id = $1`,
    values: [organizationId, prunedTo],
  })
}

/** Prunes the deltas of some rows, and answers of how many: none are left when it is 0. */
export async function pruneDeltas(db: Database, { session_id, turn_ids, first_sequence, last_event_ms }: EndedTurns, limit: number): Promise<number> {
  const { rows } = await db.query<{ pruned: number }>({
    name: 'prune_deltas',
    text: `/* pruneDeltas */
WITH found AS MATERIALIZED (
  SELECT j.last_sequence, rest.events, rest.is_empty
  FROM journal j CROSS JOIN LATERAL (
    SELECT
      json_agg(CASE WHEN e.event->>'type' <> ALL ($5::text[]) THEN e.event END ORDER BY e.position) AS events,
      bool_and(coalesce(e.event->>'type' = ANY ($5), true)) AS is_empty,
      bool_or(e.event->>'type' = ANY ($5)) AS has_deltas
    FROM json_array_elements(j.events) WITH ORDINALITY AS e(event, position)
  ) rest
  WHERE j.session_id = $1 AND j.last_sequence >= $2::bigint AND j.event_ms <= $3::bigint AND j.turn_id = ANY ($4::text[]) AND rest.has_deltas
  LIMIT $6
),
deleted AS (
  DELETE FROM journal j USING found f WHERE j.session_id = $1 AND j.last_sequence = f.last_sequence AND f.is_empty
),
thinned AS (
  UPDATE journal j SET events = f.events FROM found f WHERE j.session_id = $1 AND j.last_sequence = f.last_sequence AND NOT f.is_empty
)
SELECT count(*)::integer AS pruned FROM found`,
    values: [session_id, first_sequence, last_event_ms, turn_ids, deltaTypes, limit],
  })
  return rows[0]!.pruned
}

/** Prunes some rows of events, and answers how many: none are left when it is 0. Messages stay where they are listed. */
export async function pruneEvents(db: Database, { session_id, turn_ids, first_sequence, last_event_ms }: EndedTurns, limit: number): Promise<number> {
  const { rowCount } = await db.query({
    name: 'prune_events',
    text: `/* pruneEvents */
DELETE FROM journal WHERE session_id = $1 AND last_sequence = ANY (ARRAY(
  SELECT j.last_sequence FROM journal j
  WHERE j.session_id = $1 AND j.last_sequence >= $2::bigint AND j.event_ms <= $3::bigint AND j.turn_id = ANY ($4::text[])
    AND NOT EXISTS (SELECT FROM idempotency_keys k WHERE k.session_id = j.session_id AND k.message_sequence BETWEEN j.first_sequence AND j.last_sequence)
  LIMIT $5
))
-- How the session started is as old.
OR session_id = $1 AND last_sequence = 1 AND turn_id IS NULL AND event_ms <= $3::bigint`,
    values: [session_id, first_sequence, last_event_ms, turn_ids, limit],
  })
  return rowCount ?? 0
}

/**
 * Deletes some keys that are older than they must be, and answers how many. Left alone are those of retries, for a failed
 * turn is posted again once, and of a schedule's fire that may be ordered again.
 */
export async function pruneIdempotencyKeys(db: Database, organizationId: string, limit: number): Promise<number> {
  const { rowCount } = await db.query({
    name: 'prune_idempotency_keys',
    text: `/* pruneIdempotencyKeys */
DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
  SELECT k.ctid FROM organizations o JOIN idempotency_keys k ON k.organization_id = o.id
    AND k.created_at < clock_timestamp() - make_interval(hours => greatest(24, o.idempotency_keys_kept_hours))
  WHERE o.id = $1 AND k.key NOT LIKE 'retry %'
    AND NOT (k.key LIKE 'schedule %' AND EXISTS (SELECT FROM schedules s WHERE s.session_id = k.session_id AND s.next_fire_at <= k.created_at))
  LIMIT $2
))`,
    values: [organizationId, limit],
  })
  return rowCount ?? 0
}
