CREATE TYPE append_result AS (
  i integer,
  outcome text,
  first_sequence bigint,
  event_ms bigint,
  edge boolean,
  ordinal integer,
  epoch bigint,
  turn_id text,
  message_id text,
  next_turn_id text
);

-- Appends checkpoints to many sessions at once: at most one to each, all in one commit.
--
-- J1  A session's head is locked before anything about the session is decided, and everything is decided by later
--     statements, which see what was committed while the lock was waited for.
-- J2  Heads are locked in id order, so two flushes never deadlock; without `wait` a locked head is passed over
--     (outcome `locked`), so one slow session never holds up the others.
-- J3  A checkpoint is stored only when its turn, epoch and number are the head's: whoever lost the lease changes nothing.
-- J4  A re-sent append answers with what was stored the first time.
-- J5  Sequences are given from the locked head: without gaps, in the order of the commits.
-- J6  The checkpoint that ends a turn makes the next waiting one active under the same lock.
CREATE FUNCTION append_checkpoints(
  session_ids text[],
  -- One object per append: see `Append` in src/journal/append.ts. Its edge events are never none.
  appends json,
  -- The images that the messages show: `i` says of which append. Null stands for none.
  images json,
  wait boolean
) RETURNS SETOF append_result
LANGUAGE plpgsql AS $$
DECLARE
  held text[];
  now_ms bigint;
  results append_result[];
BEGIN
  IF wait THEN
    SELECT array_agg(session_id) INTO held
    FROM (SELECT session_id FROM session_heads WHERE session_id = ANY (session_ids) ORDER BY session_id FOR UPDATE) h;
  ELSE
    SELECT array_agg(session_id) INTO held
    FROM (SELECT session_id FROM session_heads WHERE session_id = ANY (session_ids) ORDER BY session_id FOR UPDATE SKIP LOCKED) h;
  END IF;
  now_ms := floor(extract(epoch FROM clock_timestamp()) * 1000);

  WITH decided AS MATERIALIZED (
    SELECT
      a.i, outcome.outcome, a.kind, a.session_id, a.organization_id, a.turn_id, a.ordinal, a.message_id, a.worker_id,
      ends.ends, next.id AS next_turn_id,
      -- The session passes between idle and active: the events for that are appended too.
      CASE WHEN a.kind = 'accept' THEN h.active_turn_id IS NULL ELSE ends.ends AND next.id IS NULL END AS is_edge,
      h.last_sequence, h.last_ordinal, h.epoch AS head_epoch, greatest(h.last_event_ms, now_ms) AS at_ms,
      before.message_id AS before_message_id, before.turn_id AS before_turn_id, before.sequence AS before_sequence,
      before.event_ms AS before_ms, before.ordinal AS before_ordinal, before.epoch AS before_epoch, before.edge AS before_edge,
      a.event_count, a.edge_event_count, a.epoch, a.checkpoint_number, a.turn_status, a.error_code, a.error,
      a.idempotency_key, a.body_sha256, a.model_id, a.definition_sha256, a.reasoning_effort, a.error_disclosure,
      a.events, a.edge_events, a.messages, a.opened_calls, a.closed_call_ids
    FROM json_to_recordset(appends) AS a(
      i integer, kind text, organization_id text, session_id text, turn_id text, worker_id text, resent boolean,
      events json, event_count integer, edge_events json, edge_event_count integer, messages json, opened_calls json, closed_call_ids json,
      message_id text, when_busy text, idempotency_key text, body_sha256 text, waiting_max integer,
      model_id text, definition_sha256 text, reasoning_effort text, error_disclosure text,
      epoch bigint, ordinal integer, checkpoint_number integer, turn_status text, error_code text, error text
    )
    LEFT JOIN session_heads h ON h.session_id = a.session_id
    -- What the same key, or the same append sent before, has stored.
    LEFT JOIN LATERAL (
      SELECT k.message_id, k.turn_id, k.message_sequence AS sequence, k.body_sha256,
        j.event_ms, j.epoch, j.edge, t.ordinal
      FROM idempotency_keys k
      JOIN journal j ON j.session_id = k.session_id AND j.last_sequence >= k.message_sequence AND j.first_sequence <= k.message_sequence
      JOIN turns t ON t.organization_id = k.organization_id AND t.id = k.turn_id
      WHERE a.idempotency_key IS NOT NULL AND k.session_id = a.session_id AND k.key = a.idempotency_key
      UNION ALL
      SELECT t.input_message_id, t.id, t.input_sequence, a.body_sha256,
        j.event_ms, j.epoch, j.edge, t.ordinal
      FROM turns t
      JOIN journal j ON j.session_id = t.session_id AND j.last_sequence >= t.input_sequence AND j.first_sequence <= t.input_sequence
      WHERE a.resent AND a.kind = 'accept' AND a.idempotency_key IS NULL
        AND t.organization_id = a.organization_id AND t.id = a.turn_id
      UNION ALL
      SELECT NULL, j.turn_id, j.first_sequence, NULL, j.event_ms, j.epoch, j.edge, NULL
      FROM journal j
      WHERE a.resent AND a.kind = 'checkpoint' AND j.session_id = a.session_id AND j.turn_id = a.turn_id
        AND j.checkpoint_number = a.checkpoint_number AND j.epoch = a.epoch
    ) before ON true
    CROSS JOIN LATERAL (
      SELECT CASE
        WHEN h.session_id IS NULL OR h.organization_id <> a.organization_id OR h.deleted_at IS NOT NULL THEN 'session_not_found'
        WHEN NOT a.session_id = ANY (coalesce(held, '{}')) THEN 'locked'
        WHEN a.kind = 'accept' THEN CASE
          WHEN before.body_sha256 <> a.body_sha256 THEN 'key_reused'
          WHEN before.message_id = a.message_id THEN 'stored_before'
          WHEN before.message_id IS NOT NULL THEN 'duplicate'
          WHEN h.active_turn_id IS NULL THEN 'stored'
          WHEN a.when_busy = 'reject' THEN 'busy'
          WHEN h.turns_waiting >= a.waiting_max THEN 'queue_full'
          ELSE 'stored'
        END
        WHEN h.active_turn_id = a.turn_id AND h.epoch = a.epoch AND h.checkpoint_number = a.checkpoint_number THEN 'stored'
        WHEN before.turn_id IS NOT NULL THEN 'stored_before'
        ELSE 'fenced'
      END AS outcome
    ) outcome
    CROSS JOIN LATERAL (
      SELECT outcome.outcome = 'stored' AND a.kind = 'checkpoint' AND a.turn_status IN ('completed', 'failed', 'cancelled') AS ends
    ) ends
    LEFT JOIN LATERAL (
      SELECT t.id FROM turns t
      WHERE ends.ends AND h.turns_waiting > 0 AND t.session_id = a.session_id AND t.ordinal > a.ordinal AND t.status = 'waiting'
      ORDER BY t.ordinal LIMIT 1
    ) next ON true
  ),
  stored AS NOT MATERIALIZED (
    SELECT * FROM decided WHERE outcome = 'stored'
  ),
  new_heads AS (
    UPDATE session_heads h SET
      last_sequence = h.last_sequence + s.event_count + CASE WHEN s.is_edge THEN s.edge_event_count ELSE 0 END,
      last_event_ms = s.at_ms,
      last_ordinal = h.last_ordinal + CASE WHEN s.kind = 'accept' THEN 1 ELSE 0 END,
      active_turn_id = CASE
        WHEN s.kind = 'accept' THEN coalesce(h.active_turn_id, s.turn_id)
        WHEN s.ends THEN s.next_turn_id
        ELSE h.active_turn_id
      END,
      active_status = CASE
        WHEN s.kind = 'accept' AND NOT s.is_edge THEN h.active_status
        WHEN s.ends AND s.next_turn_id IS NULL THEN NULL
        WHEN s.kind = 'accept' OR s.ends THEN CASE WHEN s.worker_id IS NULL THEN 'ready' ELSE 'running' END
        ELSE s.turn_status
      END,
      epoch = h.epoch + CASE WHEN s.is_edge AND s.kind = 'accept' OR s.next_turn_id IS NOT NULL THEN 1 ELSE 0 END,
      checkpoint_number = CASE
        WHEN s.kind = 'accept' THEN CASE WHEN s.is_edge THEN 0 ELSE h.checkpoint_number END
        WHEN s.ends THEN 0
        ELSE h.checkpoint_number + 1
      END,
      turns_waiting = h.turns_waiting + CASE
        WHEN s.kind = 'accept' AND NOT s.is_edge THEN 1
        WHEN s.next_turn_id IS NOT NULL THEN -1
        ELSE 0
      END
    FROM stored s WHERE h.session_id = s.session_id
  ),
  new_turns AS (
    INSERT INTO turns (
      organization_id, session_id, id, ordinal, status, worker_id, input_message_id, input_sequence,
      model_id, definition_sha256, reasoning_effort, error_disclosure, created_at
    )
    SELECT
      s.organization_id, s.session_id, s.turn_id, s.last_ordinal + 1,
      CASE WHEN NOT s.is_edge THEN 'waiting' WHEN s.worker_id IS NULL THEN 'ready' ELSE 'running' END,
      CASE WHEN s.is_edge THEN s.worker_id END, s.message_id, s.last_sequence + 1,
      s.model_id, s.definition_sha256, s.reasoning_effort, s.error_disclosure, to_timestamp(s.at_ms / 1000.0)
    FROM stored s WHERE s.kind = 'accept'
  ),
  changed_turns AS (
    UPDATE turns t SET
      status = s.turn_status,
      worker_id = CASE WHEN s.turn_status = 'running' THEN t.worker_id END,
      error_code = s.error_code,
      error = s.error,
      ended_at = CASE WHEN s.ends THEN to_timestamp(s.at_ms / 1000.0) END
    FROM stored s
    WHERE s.kind = 'checkpoint' AND s.turn_status <> 'running' AND t.session_id = s.session_id AND t.ordinal = s.ordinal
  ),
  new_messages AS (
    INSERT INTO messages (
      organization_id, session_id, sequence, id, turn_id, place, role, content, controls, metadata, tags, external_actor,
      thinking_blocks, model_id, usage, created_at
    )
    SELECT
      s.organization_id, s.session_id, s.last_sequence + 1 + m.event_index, m.id, s.turn_id, m.place, m.role, m.content,
      m.controls, m.metadata, m.tags, m.external_actor, m.thinking_blocks, m.model_id, m.usage, to_timestamp(s.at_ms / 1000.0)
    FROM stored s
    CROSS JOIN LATERAL json_to_recordset(s.messages) AS m(
      event_index integer, id text, place integer, role text, content json, controls json, metadata json,
      tags json, external_actor json, thinking_blocks json, model_id text, usage json
    )
  ),
  new_events AS (
    INSERT INTO journal (
      organization_id, session_id, first_sequence, last_sequence, event_ms, turn_id, input_message_id, epoch, checkpoint_number,
      events, edge
    )
    SELECT
      s.organization_id, s.session_id, s.last_sequence + 1,
      s.last_sequence + s.event_count + CASE WHEN s.is_edge THEN s.edge_event_count ELSE 0 END,
      s.at_ms, s.turn_id, s.message_id,
      CASE WHEN s.kind = 'checkpoint' THEN s.epoch WHEN s.is_edge THEN s.head_epoch + 1 END, s.checkpoint_number,
      CASE WHEN s.is_edge THEN (left(s.events::text, -1) || ',' || right(s.edge_events::text, -1))::json ELSE s.events END,
      s.is_edge
    FROM stored s
  ),
  new_calls AS (
    INSERT INTO tool_calls (organization_id, session_id, turn_id, id, position, name, arguments, effects)
    SELECT s.organization_id, s.session_id, s.turn_id, c.id, c.position, c.name, c.arguments, c.effects
    FROM stored s
    CROSS JOIN LATERAL json_to_recordset(s.opened_calls) AS c(id text, position integer, name text, arguments json, effects text)
  ),
  closed_calls AS (
    UPDATE tool_calls t SET closed = true
    FROM stored s CROSS JOIN LATERAL json_array_elements_text(s.closed_call_ids) AS c(id)
    WHERE t.session_id = s.session_id AND t.turn_id = s.turn_id AND t.id = c.id
  ),
  new_keys AS (
    INSERT INTO idempotency_keys (organization_id, session_id, key, body_sha256, message_id, message_sequence, turn_id, created_at)
    SELECT s.organization_id, s.session_id, s.idempotency_key, s.body_sha256, s.message_id, s.last_sequence + 1, s.turn_id, to_timestamp(s.at_ms / 1000.0)
    FROM stored s WHERE s.kind = 'accept' AND s.idempotency_key IS NOT NULL
  )
  SELECT array_agg(ROW(
    d.i, d.outcome,
    CASE d.outcome WHEN 'stored' THEN d.last_sequence + 1 ELSE d.before_sequence END,
    CASE d.outcome WHEN 'stored' THEN d.at_ms ELSE d.before_ms END,
    CASE d.outcome WHEN 'stored' THEN d.is_edge ELSE coalesce(d.before_edge, false) END,
    CASE d.outcome WHEN 'stored' THEN d.last_ordinal + 1 ELSE d.before_ordinal END,
    CASE d.outcome WHEN 'stored' THEN d.head_epoch + 1 ELSE d.before_epoch END,
    coalesce(d.before_turn_id, d.turn_id),
    coalesce(d.before_message_id, d.message_id),
    d.next_turn_id
  )::append_result) INTO results
  FROM decided d;

  -- A statement of its own: the turn that ended must have left the index of active turns before the next one enters it.
  IF EXISTS (SELECT FROM unnest(results) r WHERE r.next_turn_id IS NOT NULL) THEN
    UPDATE turns t SET
      status = CASE WHEN a.worker_id IS NULL THEN 'ready' ELSE 'running' END,
      worker_id = a.worker_id
    FROM unnest(results) r
    JOIN json_to_recordset(appends) AS a(i integer, organization_id text, worker_id text) ON a.i = r.i
    WHERE t.organization_id = a.organization_id AND t.id = r.next_turn_id;
  END IF;

  IF images IS NOT NULL THEN
    -- The foreign key holds an image for as long as a message shows it.
    INSERT INTO message_images (organization_id, session_id, message_sequence, image_id)
    SELECT DISTINCT a.organization_id, a.session_id, r.first_sequence, image.id
    FROM json_to_recordset(images) AS image(i integer, id text)
    JOIN json_to_recordset(appends) AS a(i integer, organization_id text, session_id text) ON a.i = image.i
    JOIN unnest(results) r ON r.i = image.i AND r.outcome = 'stored';
  END IF;

  RETURN QUERY SELECT * FROM unnest(results);
END
$$;
