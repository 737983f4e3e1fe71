DROP FUNCTION append_checkpoints(text[], json, json, boolean);
DROP TYPE append_result;

CREATE TYPE append_result AS (
  i integer,
  outcome text,
  first_sequence bigint,
  events_appended integer,
  event_ms bigint,
  edge boolean,
  settled boolean,
  delivery text,
  ordinal integer,
  epoch bigint,
  turn_id text,
  message_id text,
  -- The turn that became active with the end of another.
  next_turn_id text,
  -- The active turn that was woken, or asked to end, or has a new message.
  touched_turn_id text,
  woken boolean,
  pending_steers integer,
  cancel_requested text,
  -- There is more to write than the rows of every append: see `control_turns`.
  controls boolean
);

-- Appends to many sessions at once: at most one append to each, all in one commit. An append is
--   `accept`      a user's message, with the turn that answers it or into the turn that runs;
--   `checkpoint`  what the owner of the active turn has done;
--   `answer`      what a caller answered to the calls of a parked turn, or decided about them;
--   `cancel`      the wish to end turns: those that wait end here, the active one by its owner's checkpoint.
--
-- J1  A session's head is locked before anything about the session is decided, and everything is decided by later
--     statements, which see what was committed while the lock was waited for.
-- J2  Heads are locked in id order, so two flushes never deadlock; without `wait` a locked head is passed over
--     (outcome `locked`), so one slow session never holds up the others.
-- J3  A checkpoint or answer is stored only when its turn, epoch and number are the head's: whoever lost the lease
--     changes nothing, and of several answers to a parked turn the first wins.
-- J4  A re-sent append answers with what was stored the first time. A cancel is not stored as such: it is asked anew.
-- J5  Sequences are given from the locked head: without gaps, in the order of the commits.
-- J6  The checkpoint that ends a turn makes the next waiting one active under the same lock.
-- J7  A turn does not settle (complete, fail, park) over a message that joined it or a wish to end it: what it did is
--     stored, its settling events are not, and it goes on. Only a cancelled turn always ends.
-- J8  A parked turn has no owner. Whatever gives it something to do wakes it: it is the appending worker's then, or
--     ready for a claim.
CREATE FUNCTION append_checkpoints(
  session_ids text[],
  -- One object per append: see `Append` in src/journal/append.ts. Its settling and edge events are never none.
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
      CASE WHEN a.worker_id IS NULL THEN 'ready' ELSE 'running' END AS started_status,
      route.delivery, does.joins, does.opens, does.wakes, does.settles, does.ends, next.id AS next_turn_id,
      -- The session passes between idle and active: the events for that are appended too.
      does.opens AND h.active_turn_id IS NULL OR does.ends AND next.id IS NULL AS is_edge,
      outcome.outcome = 'stored' AND route.cancels AS cancels, cancelled.turns AS cancelled_turns,
      h.active_turn_id, h.last_sequence, h.last_ordinal, h.epoch AS head_epoch, greatest(h.last_event_ms, now_ms) AS at_ms,
      CASE
        WHEN does.ends THEN 0
        ELSE h.pending_steers + CASE WHEN does.joins THEN 1 WHEN outcome.outcome = 'stored' THEN -coalesce(a.placed_count, 0) ELSE 0 END
      END AS pending_steers,
      CASE
        WHEN does.ends THEN NULL
        WHEN outcome.outcome <> 'stored' OR NOT route.cancels THEN h.cancel_requested
        WHEN a.when_busy = 'rollback' THEN 'rollback'
        ELSE coalesce(h.cancel_requested, a.when_busy, 'cancel')
      END AS cancel_requested,
      does.ends AND coalesce(h.cancel_requested = 'rollback', false) AS is_rolled_back,
      before.message_id AS before_message_id, before.turn_id AS before_turn_id, before.sequence AS before_sequence,
      before.events_appended AS before_events_appended, before.event_ms AS before_ms, before.ordinal AS before_ordinal,
      before.epoch AS before_epoch, before.edge AS before_edge, before.settled AS before_settled, before.delivery AS before_delivery,
      a.event_count, a.settle_event_count, a.edge_event_count, a.epoch, a.checkpoint_number, a.turn_status, a.error_code, a.error,
      a.attempt, a.retry_in_ms, a.resets_recoveries, a.deadline_in_ms, a.retry_of,
      a.idempotency_key, a.body_sha256, a.model_id, a.definition_sha256, a.reasoning_effort, a.error_disclosure,
      a.used, a.events, a.settle_events, a.edge_events, a.messages, a.placed_count, a.opened_calls, a.changed_calls
    FROM json_to_recordset(appends) AS a(
      i integer, kind text, organization_id text, session_id text, turn_id text, worker_id text, resent boolean,
      events json, event_count integer, settle_events json, settle_event_count integer, edge_events json, edge_event_count integer,
      messages json, placed_count integer, opened_calls json, changed_calls json,
      message_id text, when_busy text, idempotency_key text, body_sha256 text, waiting_max integer, retry_of text, scope text,
      model_id text, definition_sha256 text, reasoning_effort text, error_disclosure text,
      epoch bigint, ordinal integer, checkpoint_number integer, turn_status text, error_code text, error text,
      attempt integer, retry_in_ms integer, resets_recoveries boolean, deadline_in_ms integer, used usage_totals
    )
    LEFT JOIN session_heads h ON h.session_id = a.session_id
    -- What the same key, or the same append sent before, has stored.
    LEFT JOIN LATERAL (
      SELECT k.message_id, k.turn_id, k.message_sequence AS sequence, k.body_sha256,
        j.last_sequence - j.first_sequence + 1 AS events_appended, j.event_ms, j.epoch, j.edge, j.settled, j.delivery, t.ordinal
      FROM idempotency_keys k
      JOIN journal j ON j.session_id = k.session_id AND j.last_sequence >= k.message_sequence AND j.first_sequence <= k.message_sequence
      JOIN turns t ON t.organization_id = k.organization_id AND t.id = k.turn_id
      WHERE a.idempotency_key IS NOT NULL AND k.session_id = a.session_id AND k.key = a.idempotency_key
      UNION ALL
      SELECT m.id, m.turn_id, m.sequence, a.body_sha256,
        j.last_sequence - j.first_sequence + 1, j.event_ms, j.epoch, j.edge, j.settled, j.delivery, t.ordinal
      FROM messages m
      JOIN journal j ON j.session_id = m.session_id AND j.last_sequence >= m.sequence AND j.first_sequence <= m.sequence
      JOIN turns t ON t.organization_id = m.organization_id AND t.id = m.turn_id
      WHERE a.resent AND a.kind = 'accept' AND a.idempotency_key IS NULL AND m.session_id = a.session_id AND m.id = a.message_id
      UNION ALL
      SELECT NULL, j.turn_id, j.first_sequence, NULL,
        j.last_sequence - j.first_sequence + 1, j.event_ms, j.epoch, j.edge, j.settled, NULL, NULL
      FROM journal j
      WHERE a.resent AND a.kind IN ('checkpoint', 'answer') AND j.session_id = a.session_id AND j.turn_id = a.turn_id
        AND j.checkpoint_number = a.checkpoint_number AND j.epoch = a.epoch
        -- Another append may have come first under this number: each is known by its messages, and where it brings none,
        -- as a decision or a late word, by its events.
        AND (j.settled OR a.events::text = j.events::text)
        AND (a.messages->0->>'id') IS NOT DISTINCT FROM (
          SELECT m.id FROM messages m
          WHERE m.session_id = j.session_id AND m.sequence >= j.first_sequence AND m.sequence <= j.last_sequence
          ORDER BY m.sequence LIMIT 1
        )
      UNION ALL
      -- A checkpoint without events leaves no row: its turn's owner is the only one who can have come so far.
      SELECT NULL, a.turn_id, h.last_sequence + 1, NULL, 0, h.last_event_ms, a.epoch, false, false, NULL, NULL
      WHERE a.resent AND a.kind = 'checkpoint' AND a.event_count = 0
        AND h.active_turn_id = a.turn_id AND h.epoch = a.epoch AND h.checkpoint_number = a.checkpoint_number + 1
        AND NOT EXISTS (
          SELECT FROM journal j
          WHERE j.session_id = a.session_id AND j.turn_id = a.turn_id AND j.checkpoint_number = a.checkpoint_number AND j.epoch = a.epoch
        )
    ) before ON true
    -- Where a message goes, and whether the active turn is asked to end.
    CROSS JOIN LATERAL (
      SELECT
        CASE
          WHEN a.kind <> 'accept' THEN NULL
          WHEN h.active_turn_id IS NULL THEN 'started'
          WHEN a.when_busy IN ('enqueue', 'steer') AND h.active_status = 'parked' THEN 'resumed'
          -- A turn that is about to end takes nothing in any more.
          WHEN a.when_busy = 'steer' AND h.cancel_requested IS NULL THEN 'steered'
          ELSE 'enqueued'
        END AS delivery,
        h.active_turn_id IS NOT NULL AND CASE a.kind
          WHEN 'accept' THEN a.when_busy IN ('interrupt', 'rollback')
          WHEN 'cancel' THEN a.scope <> 'turn' OR h.active_turn_id = a.turn_id
          ELSE false
        END AS cancels
      OFFSET 0
    ) route
    CROSS JOIN LATERAL (
      SELECT CASE WHEN a.kind = 'cancel' AND h.turns_waiting > 0 THEN (
        SELECT count(*)::integer FROM turns t
        WHERE t.session_id = a.session_id AND t.status = 'waiting' AND (a.scope = 'all' OR a.scope = 'turn' AND t.id = a.turn_id)
      ) ELSE 0 END AS turns
      OFFSET 0
    ) cancelled
    CROSS JOIN LATERAL (
      SELECT CASE
        WHEN h.session_id IS NULL OR h.organization_id <> a.organization_id OR h.deleted_at IS NOT NULL THEN 'session_not_found'
        WHEN NOT a.session_id = ANY (coalesce(held, '{}')) THEN 'locked'
        WHEN a.kind = 'accept' THEN CASE
          WHEN before.body_sha256 <> a.body_sha256 THEN 'key_reused'
          WHEN before.message_id = a.message_id THEN 'stored_before'
          WHEN before.message_id IS NOT NULL THEN 'duplicate'
          WHEN h.active_turn_id IS NOT NULL AND a.when_busy = 'reject' THEN 'busy'
          WHEN route.delivery = 'enqueued' AND h.turns_waiting >= a.waiting_max THEN 'queue_full'
          WHEN route.delivery = 'steered' AND h.pending_steers >= a.waiting_max THEN 'queue_full'
          ELSE 'stored'
        END
        WHEN a.kind = 'cancel' THEN CASE WHEN route.cancels OR cancelled.turns > 0 THEN 'stored' ELSE 'no_op' END
        WHEN h.active_turn_id = a.turn_id AND h.epoch = a.epoch AND h.checkpoint_number = a.checkpoint_number
          AND h.active_status = CASE a.kind WHEN 'checkpoint' THEN 'running' ELSE 'parked' END THEN 'stored'
        WHEN before.turn_id IS NOT NULL THEN 'stored_before'
        ELSE 'fenced'
      END AS outcome
      OFFSET 0
    ) outcome
    CROSS JOIN LATERAL (
      SELECT outcome.outcome = 'stored' AND a.kind = 'checkpoint' AND CASE a.turn_status
        WHEN 'running' THEN false
        WHEN 'cancelled' THEN true
        WHEN 'failed' THEN h.cancel_requested IS NULL
        ELSE h.cancel_requested IS NULL AND h.pending_steers = a.placed_count
      END AS settles
      OFFSET 0
    ) settle
    CROSS JOIN LATERAL (
      SELECT
        outcome.outcome = 'stored' AND coalesce(route.delivery IN ('steered', 'resumed'), false) AS joins,
        outcome.outcome = 'stored' AND coalesce(route.delivery IN ('started', 'enqueued'), false) AS opens,
        outcome.outcome = 'stored' AND (
          coalesce(route.delivery = 'resumed', false)
          OR route.cancels AND h.active_status IN ('parked', 'ready')
          OR a.kind = 'answer' AND a.turn_status = 'running'
        ) AS wakes,
        settle.settles,
        settle.settles AND a.turn_status <> 'parked' AS ends
      OFFSET 0
    ) does
    LEFT JOIN LATERAL (
      SELECT t.id FROM turns t
      WHERE does.ends AND h.turns_waiting > 0 AND t.session_id = a.session_id AND t.ordinal > a.ordinal AND t.status = 'waiting'
      ORDER BY t.ordinal LIMIT 1
    ) next ON true
  ),
  stored AS NOT MATERIALIZED (
    SELECT * FROM decided WHERE outcome = 'stored'
  ),
  new_heads AS (
    UPDATE session_heads h SET
      last_sequence = h.last_sequence + s.event_count + s.cancelled_turns
        + CASE WHEN s.settles THEN s.settle_event_count ELSE 0 END + CASE WHEN s.is_edge THEN s.edge_event_count ELSE 0 END,
      last_event_ms = s.at_ms,
      usage = CASE WHEN s.used IS NULL THEN h.usage ELSE add_usage(h.usage, s.used) END,
      last_ordinal = h.last_ordinal + CASE WHEN s.opens THEN 1 ELSE 0 END,
      active_turn_id = CASE
        WHEN s.opens THEN coalesce(h.active_turn_id, s.turn_id)
        WHEN s.ends THEN s.next_turn_id
        ELSE h.active_turn_id
      END,
      active_status = CASE
        WHEN s.wakes OR s.opens AND s.is_edge OR s.next_turn_id IS NOT NULL THEN s.started_status
        WHEN s.ends THEN NULL
        WHEN s.settles THEN 'parked'
        ELSE h.active_status
      END,
      epoch = h.epoch + CASE WHEN s.wakes OR s.opens AND s.is_edge OR s.next_turn_id IS NOT NULL THEN 1 ELSE 0 END,
      checkpoint_number = CASE
        WHEN s.ends OR s.opens AND s.is_edge THEN 0
        WHEN s.kind IN ('checkpoint', 'answer') THEN h.checkpoint_number + 1
        ELSE h.checkpoint_number
      END,
      turns_waiting = h.turns_waiting - s.cancelled_turns + CASE
        WHEN s.opens AND NOT s.is_edge THEN 1
        WHEN s.next_turn_id IS NOT NULL THEN -1
        ELSE 0
      END,
      pending_steers = s.pending_steers,
      cancel_requested = s.cancel_requested
    FROM stored s WHERE h.session_id = s.session_id
  ),
  new_turns AS (
    INSERT INTO turns (
      organization_id, session_id, id, ordinal, status, worker_id, input_message_id, input_sequence,
      model_id, definition_sha256, reasoning_effort, error_disclosure, retry_of, created_at
    )
    SELECT
      s.organization_id, s.session_id, s.turn_id, s.last_ordinal + 1,
      CASE WHEN s.is_edge THEN s.started_status ELSE 'waiting' END,
      CASE WHEN s.is_edge THEN s.worker_id END, s.message_id, s.last_sequence + 1,
      s.model_id, s.definition_sha256, s.reasoning_effort, s.error_disclosure, s.retry_of, to_timestamp(s.at_ms / 1000.0)
    FROM stored s WHERE s.opens
  ),
  changed_turns AS (
    UPDATE turns t SET
      status = CASE WHEN s.settles THEN s.turn_status WHEN s.wakes THEN s.started_status ELSE t.status END,
      worker_id = CASE WHEN s.settles THEN NULL WHEN s.wakes THEN s.worker_id ELSE t.worker_id END,
      attempt = coalesce(s.attempt, t.attempt),
      retry_at = CASE WHEN s.attempt IS NULL THEN t.retry_at WHEN s.retry_in_ms > 0 THEN to_timestamp((now_ms + s.retry_in_ms) / 1000.0) END,
      recoveries = CASE WHEN s.resets_recoveries THEN 0 ELSE t.recoveries END,
      wake_at = CASE WHEN s.settles AND NOT s.ends THEN to_timestamp((now_ms + s.deadline_in_ms) / 1000.0) WHEN s.wakes THEN NULL ELSE t.wake_at END,
      error_code = CASE WHEN s.ends THEN s.error_code END,
      error = CASE WHEN s.ends THEN s.error END,
      excluded_from_prompt = t.excluded_from_prompt OR s.is_rolled_back,
      ended_at = CASE WHEN s.ends THEN to_timestamp(s.at_ms / 1000.0) END
    FROM stored s
    WHERE s.kind IN ('checkpoint', 'answer') AND (s.settles OR s.wakes OR s.attempt IS NOT NULL OR s.resets_recoveries)
      AND t.session_id = s.session_id AND t.ordinal = s.ordinal
  ),
  new_messages AS (
    INSERT INTO messages (
      organization_id, session_id, sequence, id, turn_id, place, role, content, controls, metadata, tags, external_actor,
      thinking_blocks, model_id, usage, created_at
    )
    SELECT
      s.organization_id, s.session_id, s.last_sequence + 1 + m.event_index, m.id,
      CASE WHEN s.joins THEN s.active_turn_id ELSE s.turn_id END, CASE WHEN s.joins THEN NULL ELSE m.place END, m.role, m.content,
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
      events, edge, settled, delivery
    )
    SELECT
      s.organization_id, s.session_id, s.last_sequence + 1,
      s.last_sequence + s.event_count
        + CASE WHEN s.settles THEN s.settle_event_count ELSE 0 END + CASE WHEN s.is_edge THEN s.edge_event_count ELSE 0 END,
      s.at_ms, CASE WHEN s.joins THEN s.active_turn_id ELSE s.turn_id END, s.message_id,
      CASE WHEN s.kind <> 'accept' THEN s.epoch WHEN s.is_edge OR s.wakes THEN s.head_epoch + 1 END, s.checkpoint_number,
      CASE WHEN s.settles OR s.is_edge THEN ('[' || concat_ws(',',
        CASE WHEN s.event_count > 0 THEN left(right(s.events::text, -1), -1) END,
        CASE WHEN s.settles THEN left(right(s.settle_events::text, -1), -1) END,
        CASE WHEN s.is_edge THEN left(right(s.edge_events::text, -1), -1) END
      ) || ']')::json ELSE s.events END,
      s.is_edge, s.settles, s.delivery
    FROM stored s WHERE s.event_count > 0 OR s.settles
  ),
  new_calls AS (
    INSERT INTO tool_calls (organization_id, session_id, turn_id, id, position, name, arguments, effects, decision, closed_by, deadline_at)
    SELECT s.organization_id, s.session_id, s.turn_id, c.id, c.position, c.name, coalesce(c.arguments, 'null'), c.effects, c.decision, c.closed_by,
      CASE WHEN c.waits AND s.settles THEN to_timestamp((now_ms + s.deadline_in_ms) / 1000.0) END
    FROM stored s
    CROSS JOIN LATERAL json_to_recordset(s.opened_calls) AS c(
      id text, position integer, name text, arguments json, effects text, decision text, closed_by text, waits boolean
    )
  ),
  changed_calls AS (
    UPDATE tool_calls t SET
      attempt = coalesce(c.attempt, t.attempt),
      closed_by = coalesce(c.closed_by, t.closed_by),
      result_sha256 = coalesce(c.result_sha256, t.result_sha256),
      decision = coalesce(c.decision, t.decision),
      deadline_at = CASE
        WHEN c.waits AND s.settles THEN to_timestamp((now_ms + s.deadline_in_ms) / 1000.0)
        WHEN c.decision IS NULL THEN t.deadline_at
      END
    FROM stored s CROSS JOIN LATERAL json_to_recordset(s.changed_calls) AS c(
      id text, attempt integer, closed_by text, result_sha256 text, decision text, waits boolean
    )
    WHERE t.session_id = s.session_id AND t.turn_id = s.turn_id AND t.id = c.id
  ),
  new_keys AS (
    INSERT INTO idempotency_keys (organization_id, session_id, key, body_sha256, message_id, message_sequence, turn_id, created_at)
    SELECT s.organization_id, s.session_id, s.idempotency_key, s.body_sha256, s.message_id, s.last_sequence + 1,
      CASE WHEN s.joins THEN s.active_turn_id ELSE s.turn_id END, to_timestamp(s.at_ms / 1000.0)
    FROM stored s WHERE s.kind = 'accept' AND s.idempotency_key IS NOT NULL
  )
  SELECT array_agg(ROW(
    d.i, d.outcome,
    CASE d.outcome WHEN 'stored' THEN d.last_sequence + 1 ELSE d.before_sequence END,
    CASE d.outcome WHEN 'stored' THEN d.event_count + d.cancelled_turns
      + CASE WHEN d.settles THEN d.settle_event_count ELSE 0 END + CASE WHEN d.is_edge THEN d.edge_event_count ELSE 0 END
    ELSE d.before_events_appended END,
    CASE d.outcome WHEN 'stored' THEN d.at_ms ELSE d.before_ms END,
    CASE d.outcome WHEN 'stored' THEN d.is_edge ELSE coalesce(d.before_edge, false) END,
    CASE d.outcome WHEN 'stored' THEN d.settles ELSE coalesce(d.before_settled, false) END,
    CASE d.outcome WHEN 'stored' THEN d.delivery ELSE d.before_delivery END,
    CASE d.outcome WHEN 'stored' THEN d.last_ordinal + 1 ELSE d.before_ordinal END,
    CASE d.outcome WHEN 'stored' THEN d.head_epoch + 1 ELSE d.before_epoch + CASE d.kind WHEN 'accept' THEN 0 ELSE 1 END END,
    coalesce(d.before_turn_id, CASE WHEN d.joins THEN d.active_turn_id ELSE d.turn_id END),
    coalesce(d.before_message_id, d.message_id),
    d.next_turn_id,
    CASE WHEN d.joins OR d.cancels THEN d.active_turn_id END,
    d.wakes,
    d.pending_steers,
    d.cancel_requested,
    d.outcome = 'stored' AND (d.wakes AND d.kind <> 'answer' OR d.cancels OR d.cancelled_turns > 0 OR d.retry_of IS NOT NULL OR d.placed_count > 0)
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

  IF EXISTS (SELECT FROM unnest(results) r WHERE r.controls) THEN
    PERFORM control_turns(appends, results);
  END IF;

  IF images IS NOT NULL THEN
    -- The foreign key holds an image for as long as a message shows it.
    INSERT INTO message_images (organization_id, session_id, message_sequence, image_id)
    SELECT DISTINCT a.organization_id, a.session_id, r.first_sequence + coalesce(image.event_index, 0), image.id
    FROM json_to_recordset(images) AS image(i integer, id text, event_index integer)
    JOIN json_to_recordset(appends) AS a(i integer, organization_id text, session_id text) ON a.i = image.i
    JOIN unnest(results) r ON r.i = image.i AND r.outcome = 'stored';
  END IF;

  RETURN QUERY SELECT * FROM unnest(results);
END
$$;

-- What only some appends write. Apart from the rest, for every table that a statement names costs each flush.
CREATE FUNCTION control_turns(appends json, results append_result[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  control record;
BEGIN
  FOR control IN
    SELECT r.*, a.kind, a.session_id, a.organization_id, a.worker_id, a.turn_id AS own_turn_id, a.scope, a.retry_of, a.placed_steers
    FROM unnest(results) r
    JOIN json_to_recordset(appends) AS a(
      i integer, kind text, session_id text, organization_id text, worker_id text, turn_id text, scope text, retry_of text, placed_steers json
    ) ON a.i = r.i
    WHERE r.controls
  LOOP
    IF control.woken AND control.kind <> 'answer' THEN
      UPDATE turns SET
        status = CASE WHEN control.worker_id IS NULL THEN 'ready' ELSE 'running' END,
        worker_id = control.worker_id,
        wake_at = NULL
      WHERE organization_id = control.organization_id AND id = control.touched_turn_id;
    END IF;

    IF control.kind = 'accept' AND control.delivery = 'enqueued' AND control.touched_turn_id IS NOT NULL THEN
      PERFORM move_to_front(control.session_id, control.own_turn_id);
    END IF;

    -- A message that is posted again stands in prompts once.
    IF control.retry_of IS NOT NULL THEN
      UPDATE turns SET excluded_from_prompt = true WHERE organization_id = control.organization_id AND id = control.retry_of;
    END IF;

    IF control.placed_steers IS NOT NULL THEN
      UPDATE messages m SET place = p.place
      FROM json_to_recordset(control.placed_steers) AS p(sequence bigint, place integer)
      WHERE m.session_id = control.session_id AND m.sequence = p.sequence;
    END IF;

    IF control.kind = 'cancel' AND control.events_appended > 0 THEN
      WITH cancelled AS (
        UPDATE turns SET status = 'cancelled', ended_at = to_timestamp(control.event_ms / 1000.0)
        WHERE session_id = control.session_id AND status = 'waiting' AND (control.scope = 'all' OR id = control.own_turn_id)
        RETURNING id, ordinal, input_message_id
      )
      INSERT INTO journal (organization_id, session_id, first_sequence, last_sequence, event_ms, turn_id, input_message_id, events)
      SELECT control.organization_id, control.session_id, c.sequence, c.sequence, control.event_ms, c.id, c.input_message_id,
        json_build_array(json_build_object('type', 'turn.cancelled', 'data', json_build_object('turn_id', c.id, 'reason', 'cancelled')))
      FROM (SELECT *, control.first_sequence + row_number() OVER (ORDER BY ordinal) - 1 AS sequence FROM cancelled) c;
    END IF;
  END LOOP;
END
$$;

-- Puts a waiting turn before the others that wait. Prompt order is the order of ordinals, so the turns that wait pass
-- theirs on: from the front one to the one that jumped the queue. By way of negative ordinals, since the key must be
-- unique at every row of an update.
CREATE FUNCTION move_to_front(session text, turn text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE turns t SET ordinal = -moved.ordinal
  FROM (
    SELECT w.ordinal AS old_ordinal,
      CASE WHEN w.id = turn THEN min(w.ordinal) OVER () ELSE lead(w.ordinal) OVER (ORDER BY w.ordinal) END AS ordinal
    FROM turns w WHERE w.session_id = session AND w.status = 'waiting'
  ) moved
  WHERE t.session_id = session AND t.ordinal = moved.old_ordinal AND moved.old_ordinal <> moved.ordinal;
  UPDATE turns t SET ordinal = -t.ordinal WHERE t.session_id = session AND t.ordinal < 0;
END
$$;
