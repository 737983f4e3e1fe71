import type { Transaction } from '../database.ts'
import type { ForkPoint } from './read-fork-point.ts'

export interface ForkCopy extends ForkPoint {
  organization_id: string
  source_id: string
  fork_id: string
}

// Copies have ids of their own, which follow from the fork's and the first one's, so that no statement has to be told
// what another has made. Sequences, ordinals and places stay: the first event alone comes before every message.
const derive = (prefix: 'message' | 'turn', id: string) => `'${prefix}_' || encode(substr(sha256(($3 || ${id})::bytea), 1, 16), 'hex')`

const parameters = ({ organization_id, source_id, fork_id, at_sequence, waiting_ordinals }: ForkCopy) => [organization_id, source_id, fork_id, at_sequence, waiting_ordinals]
const parametersWithCut = (copy: ForkCopy) => [...parameters(copy), copy.cut_ordinal]

const turnIsCopied = `t.organization_id = $1 AND t.session_id = $2 AND t.input_sequence <= $4::bigint AND t.ordinal <> ALL ($5::integer[])`

/** All of a fork's turns are over. One that left the prompts when it was posted again is back in them if that came later. */
export async function copyTurns(transaction: Transaction, copy: ForkCopy): Promise<void> {
  await transaction.query({
    name: 'copy_turns',
    text: `/* copyTurns */
INSERT INTO turns (
  organization_id, session_id, id, ordinal, status, input_message_id, input_sequence, model_id, definition_sha256, reasoning_effort,
  error_disclosure, excluded_from_prompt, error_code, error, created_at, ended_at, retry_of, copy_of
)
SELECT t.organization_id, $3, ${derive('turn', 't.id')}, t.ordinal, CASE WHEN is_cut THEN 'cancelled' ELSE t.status END,
  ${derive('message', 't.input_message_id')}, t.input_sequence, t.model_id, t.definition_sha256, t.reasoning_effort, t.error_disclosure,
  t.excluded_from_prompt AND NOT is_cut AND (
    NOT EXISTS (SELECT FROM turns r WHERE r.session_id = t.session_id AND r.retry_of = t.id)
    OR EXISTS (SELECT FROM turns r WHERE r.session_id = t.session_id AND r.retry_of = t.id AND r.input_sequence <= $4::bigint)
  ),
  CASE WHEN NOT is_cut THEN t.error_code END, CASE WHEN NOT is_cut THEN t.error END, t.created_at, CASE WHEN is_cut THEN now() ELSE t.ended_at END,
  CASE WHEN t.retry_of IS NOT NULL THEN ${derive('turn', 't.retry_of')} END, t.id
FROM turns t CROSS JOIN LATERAL (SELECT coalesce(t.ordinal = $6::integer, false) AS is_cut) cut
WHERE ${turnIsCopied}`,
    values: parametersWithCut(copy),
  })
}

/** What they have used is summed up in the session that paid for it. */
export async function copyMessages(transaction: Transaction, copy: ForkCopy): Promise<void> {
  await transaction.query({
    name: 'copy_messages',
    text: `/* copyMessages */
INSERT INTO messages (
  organization_id, session_id, sequence, id, turn_id, place, role, content, controls, metadata, tags, external_actor, thinking_blocks,
  model_id, usage, created_at
)
SELECT m.organization_id, $3, m.sequence, ${derive('message', 'm.id')}, ${derive('turn', 'm.turn_id')}, m.place, m.role, m.content,
  m.controls, m.metadata, m.tags, m.external_actor, m.thinking_blocks, m.model_id, m.usage, m.created_at
FROM messages m
WHERE m.organization_id = $1 AND m.session_id = $2 AND m.sequence <= $4::bigint
  AND m.turn_id IN (SELECT t.id FROM turns t WHERE ${turnIsCopied})`,
    values: parameters(copy),
  })
}

/** The foreign key holds an image for as long as a message shows it. */
export async function copyImages(transaction: Transaction, { organization_id, source_id, fork_id }: ForkCopy): Promise<void> {
  await transaction.query({
    name: 'copy_message_images',
    text: `/* copyImages */
INSERT INTO message_images (organization_id, session_id, message_sequence, image_id)
SELECT i.organization_id, $3, i.message_sequence, i.image_id FROM message_images i
JOIN messages m ON m.session_id = $3 AND m.sequence = i.message_sequence
WHERE i.organization_id = $1 AND i.session_id = $2`,
    values: [organization_id, source_id, fork_id],
  })
}

/** Copied, not shared: the session that they come from may be deleted. */
export async function copyResultValues(transaction: Transaction, { organization_id, source_id, fork_id }: ForkCopy): Promise<void> {
  await transaction.query({
    name: 'copy_result_values',
    text: `/* copyResultValues */
INSERT INTO tool_result_values (organization_id, session_id, value_id, slice, bytes)
SELECT v.organization_id, $3, v.value_id, v.slice, v.bytes FROM tool_result_values v
WHERE v.organization_id = $1 AND v.session_id = $2
  AND v.value_id IN (SELECT m.content->0->>'value_id' FROM messages m WHERE m.session_id = $3 AND m.role = 'tool_result')`,
    values: [organization_id, source_id, fork_id],
  })
}

/** After all results are there: of the turn that was cut, only the calls that have one had been made by then. */
export async function copyToolCalls(transaction: Transaction, copy: ForkCopy): Promise<void> {
  await transaction.query({
    name: 'copy_tool_calls',
    text: `/* copyToolCalls */
INSERT INTO tool_calls (organization_id, session_id, turn_id, id, position, name, arguments, effects, attempt, decision, closed_by, result_sha256)
SELECT c.organization_id, $3, ${derive('turn', 'c.turn_id')}, c.id, c.position, c.name, c.arguments, c.effects, c.attempt, c.decision,
  CASE WHEN result.is_ours THEN 'cancel' ELSE c.closed_by END, CASE WHEN NOT result.is_ours THEN c.result_sha256 END
FROM turns t
JOIN tool_calls c ON c.session_id = t.session_id AND c.turn_id = t.id
CROSS JOIN LATERAL (
  SELECT false AS is_ours WHERE t.ordinal IS DISTINCT FROM $6::integer
  UNION ALL
  SELECT m.sequence > $4::bigint FROM messages m
  WHERE t.ordinal = $6 AND m.session_id = $3 AND m.turn_id = ${derive('turn', 't.id')}
    AND m.role = 'tool_result' AND m.content->0->>'tool_call_id' = c.id
) result
WHERE ${turnIsCopied}`,
    values: parametersWithCut(copy),
  })
}

/**
 * Gives every call of the turn that was cut a result, behind those that had come; answers how many. Messages that joined
 * the turn meanwhile come after all of them.
 */
export async function closeOpenCalls(transaction: Transaction, { fork_id, at_sequence, cut_ordinal }: ForkCopy): Promise<number> {
  if (cut_ordinal === null) return 0
  const { rowCount } = await transaction.query({
    name: 'close_open_calls',
    text: `/* closeOpenCalls */
WITH answer AS (
  SELECT m.organization_id, m.sequence, m.id, m.turn_id, m.place, m.content
  FROM turns t JOIN messages m ON m.session_id = t.session_id AND m.turn_id = t.id
  WHERE t.session_id = $3 AND t.ordinal = $2 AND m.role = 'agent' ORDER BY m.sequence DESC LIMIT 1
),
open_calls AS MATERIALIZED (
  SELECT part->>'id' AS id, row_number() OVER (ORDER BY position) AS number
  FROM answer a CROSS JOIN LATERAL json_array_elements(a.content) WITH ORDINALITY AS c(part, position)
  WHERE part->>'type' = 'tool_call' AND NOT EXISTS (
    SELECT FROM messages r
    WHERE r.session_id = $3 AND r.turn_id = a.turn_id AND r.role = 'tool_result' AND r.sequence > a.sequence AND r.content->0->>'tool_call_id' = part->>'id'
  )
),
joined AS (
  UPDATE messages m SET place = NULL FROM answer a
  WHERE EXISTS (SELECT FROM open_calls) AND m.session_id = $3 AND m.turn_id = a.turn_id AND m.role = 'user' AND m.place > a.place
)
INSERT INTO messages (organization_id, session_id, sequence, id, turn_id, place, role, content, created_at)
SELECT a.organization_id, $3, $1::bigint + o.number, ${derive('message', "a.id || o.id")}, a.turn_id,
  (SELECT max(m.place) FROM messages m WHERE m.session_id = $3 AND m.turn_id = a.turn_id) + o.number, 'tool_result',
  json_build_array(json_build_object('type', 'tool_result', 'tool_call_id', o.id, 'error', 'not part of this fork')), now()
FROM answer a, open_calls o`,
    values: [at_sequence, cut_ordinal, fork_id],
  })
  return rowCount ?? 0
}
