import { insertSession, makeSeededSession, seeded, type Database } from '@reprise/store'

export const eventsPerTurn = 20
export const messagesPerTurn = 4
/** In the texts of one turn of a thousand. */
export const rareWord = 'quetzalcoatlus'
/** In every text. */
export const commonWord = 'calculator'

/** A session with the past of so many one-tool turns, written straight into the tables: through the journal it would take minutes. */
export async function fillSession(db: Database, turns: number): Promise<string> {
  const sessionId = await fillMessages(db, turns)
  await db.query(
    `/* fillJournal */
INSERT INTO journal (organization_id, session_id, first_sequence, last_sequence, event_ms, turn_id, input_message_id, epoch, checkpoint_number, events)
SELECT $1, $2, 1 + t * ${eventsPerTurn} + c.first, 1 + t * ${eventsPerTurn} + c.last, s.created_ms + t * 1000 + c.first, 'turn_' || md5($2 || t),
  'message_' || md5($2 || t || '.1'), 1, c.number,
  (SELECT json_agg(json_build_object('type', type, 'data', CASE
    WHEN type LIKE '%.delta' THEN json_build_object('turn_id', 'turn_' || md5($2 || t), 'delta', 'Six times seven is 42.')
    WHEN type LIKE 'tool.%' THEN json_build_object('tool_call_id', 'call_1', 'tool_name', 'calculator', 'success', true, 'status', 'success', 'duration_ms', 1)
    WHEN type LIKE '%.message%' THEN '{}'
    ELSE json_build_object('turn_id', 'turn_' || md5($2 || t), 'duration_ms', 12, 'usage', json_build_object('input_tokens', 1200, 'output_tokens', 40))
  END)) FROM unnest(c.types) type)
FROM (SELECT floor(extract(epoch FROM created_at) * 1000)::bigint AS created_ms FROM sessions WHERE organization_id = $1 AND id = $2) s
CROSS JOIN generate_series(0, $3::integer - 1) t
CROSS JOIN (VALUES
  (1, 3, NULL, ARRAY['input.message', 'session.activated', 'turn.started']),
  (4, 11, 0, ARRAY['reason.started', 'output.message.started', 'output.message.delta', 'output.message.completed', 'reason.completed', 'llm.generation', 'act.started', 'tool.started']),
  (12, 13, 1, ARRAY['tool.completed', 'act.completed']),
  (14, 20, 2, ARRAY['output.message.started', 'output.message.delta', 'output.message.completed', 'reason.completed', 'llm.generation', 'turn.completed', 'session.idled'])
) AS c(first, last, number, types)`,
    [seeded.organization_id, sessionId, turns],
  )
  await db.query(
    `/* fillTurns */
INSERT INTO turns (organization_id, session_id, id, ordinal, status, input_message_id, input_sequence, model_id, definition_sha256, created_at, ended_at)
SELECT organization_id, session_id, turn_id, t + 1, 'completed', input_message_id, first_sequence, $4, '-',
  to_timestamp(event_ms / 1000.0), to_timestamp((event_ms + 13) / 1000.0)
FROM generate_series(0, $3::integer - 1) t
JOIN journal ON organization_id = $1 AND session_id = $2 AND first_sequence = 2 + t * ${eventsPerTurn}`,
    [seeded.organization_id, sessionId, turns, seeded.model_id],
  )
  await db.query(
    `/* fillHead */
UPDATE session_heads SET last_ordinal = $2::integer, last_sequence = 1 + $2 * ${eventsPerTurn}, last_event_ms = last_event_ms + $2 * 1000 + ${eventsPerTurn} WHERE session_id = $1`,
    [sessionId, turns],
  )
  return sessionId
}

/** A session with the messages of so many turns, some 400 characters each, and nothing else of them. */
export async function fillMessages(db: Database, turns: number): Promise<string> {
  const { id } = await insertSession(db, makeSeededSession())
  await db.query(
    `/* fillMessages */
INSERT INTO messages (organization_id, session_id, sequence, id, turn_id, place, role, content, created_at)
SELECT $1, $2, 1 + t * ${eventsPerTurn} + m.at, 'message_' || md5($2 || t || '.' || m.at), 'turn_' || md5($2 || t), m.place, m.role,
  CASE m.role
    WHEN 'tool_result' THEN json_build_array(json_build_object('type', 'tool_result', 'tool_call_id', 'call_1', 'result', json_build_object('text', words.text)))
    ELSE json_build_array(json_build_object('type', 'text', 'text', words.text))
  END,
  now()
FROM generate_series(0, $3::integer - 1) t
CROSS JOIN (VALUES (1, 0, 'user'), (7, 1, 'agent'), (12, 2, 'tool_result'), (16, 3, 'agent')) AS m(at, place, role)
CROSS JOIN LATERAL (
  SELECT string_agg(left(md5((hashint4(t * 1000 + m.at * 50 + w) % 20000)::text), 3 + w % 7), ' ') || ' ${commonWord}'
    || CASE WHEN t % 1000 = 500 THEN ' ${rareWord}' ELSE '' END AS text
  FROM generate_series(1, 60) w
) words`,
    [seeded.organization_id, id, turns],
  )
  return id
}
