import type pg from 'pg'

/** Puts so many messages behind each other into a session, as if they had been said in turns of two. */
export async function insertMessages(pool: pg.Pool, sessionId: string, messages: number, characters = 100): Promise<void> {
  await pool.query(
    `WITH head AS (
      UPDATE session_heads SET last_sequence = 1 + $2, last_ordinal = $2 / 2, last_event_ms = extract(epoch FROM now()) * 1000 WHERE session_id = $1
      RETURNING organization_id, session_id
    ),
    said AS (
      INSERT INTO messages (organization_id, session_id, sequence, id, turn_id, place, role, content, created_at)
      SELECT organization_id, session_id, n + 1, 'message_' || lpad(n::text, 32, '0'), 'turn_' || right(session_id, 20) || lpad(((n + 1) / 2)::text, 12, '0'), (n + 1) % 2,
        CASE n % 2 WHEN 1 THEN 'user' ELSE 'agent' END,
        json_build_array(json_build_object('type', 'text', 'text', n || repeat('x', $3))), now()
      FROM head, generate_series(1, $2::integer) n
    )
    INSERT INTO turns (organization_id, session_id, id, ordinal, status, input_message_id, input_sequence, model_id, definition_sha256, created_at, ended_at)
    SELECT organization_id, session_id, 'turn_' || right(session_id, 20) || lpad(n::text, 12, '0'), n, 'completed', 'message_' || lpad((2 * n - 1)::text, 32, '0'), 2 * n, 'model', 'definition', now(), now()
    FROM head, generate_series(1, $2 / 2) n`,
    [sessionId, messages, characters],
  )
}
