DROP FUNCTION beat(text, integer);

-- The one statement that a worker sends twice a second: its heartbeat, the look for turns that lost their worker or
-- wait for one, and the list of what it holds.
--
-- L1  Only the database's clock counts.
-- L2  A worker is gone when its row is gone, when its heartbeat is older than the lease term, or when the connection
--     that heartbeats is gone, seen by the advisory lock it held. The lock is looked at, never taken; it counts only
--     once the heartbeat is late, and not just after a restart of the server, which drops every lock.
-- L3  Head first, then turn, as everywhere. A head that is locked is left for the next beat.
-- L4  Claiming raises the epoch: whoever held the turn before writes nothing more.
-- L7  A worker's death counts against the turns it ran, up to the suspicion (2), for it may have run many. Beyond that
--     only the death of a worker that ran the turn alone counts. Being handed back, frozen, cut off by a restart of
--     the server: none of it counts.
-- L8  A suspect is put aside for a worker that runs nothing. Only when none comes along for 5 s, one that runs others
--     takes it, and nothing else until it is done.
CREATE FUNCTION beat(me text, free_slots integer, is_idle boolean) RETURNS TABLE (draining boolean, held json)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  candidates text[];
  locked text[];
  claimed_sessions text[] := '{}';
  orphaned_sessions text[] := '{}';
BEGIN
  UPDATE workers SET heartbeat_at = clock_timestamp() WHERE id = me RETURNING drain_requested_at IS NOT NULL INTO draining;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'worker % is not registered', me USING ERRCODE = 'no_data_found';
  END IF;

  IF free_slots > 0 AND NOT draining THEN
    SELECT array_agg(session_id) INTO candidates FROM (
      SELECT t.session_id FROM turns t
      WHERE t.status = 'ready' AND is_suspect(t.recoveries) AND (is_idle OR coalesce(t.wake_at <= clock_timestamp(), true))
      ORDER BY t.created_at LIMIT 1
    ) suspect;

    IF candidates IS NULL THEN
      SELECT array_agg(session_id) INTO candidates FROM (
        SELECT session_id FROM (
          SELECT t.session_id, 0 AS turn_in_organization FROM turns t
          WHERE t.status = 'running' AND worker_is_gone(t.worker_id)
          UNION ALL
          SELECT t.session_id, 0 FROM turns t
          WHERE t.status = 'parked' AND t.wake_at <= clock_timestamp()
          UNION ALL
          -- Round by round: the oldest ready turn of every organization before the second oldest of any.
          SELECT t.session_id, row_number() OVER (PARTITION BY t.organization_id ORDER BY t.created_at) FROM turns t
          WHERE t.status = 'ready' AND NOT is_suspect(t.recoveries)
        ) c ORDER BY turn_in_organization LIMIT free_slots
      ) c;
    END IF;

    IF candidates IS NOT NULL THEN
      SELECT array_agg(session_id) INTO locked FROM (
        SELECT session_id FROM session_heads WHERE session_id = ANY (candidates) ORDER BY session_id FOR UPDATE SKIP LOCKED
      ) h;

      WITH free AS MATERIALIZED (
        SELECT h.session_id, t.ordinal, t.status = 'running' AS is_orphaned, CASE
          WHEN t.status = 'running' AND w.id IS NOT NULL AND NOT worker_holds_lock(w.id, w.backend_pid)
            AND pg_postmaster_start_time() < w.heartbeat_at THEN
            CASE WHEN w.suspect_turn_id = t.id THEN t.recoveries + 1 ELSE greatest(t.recoveries, least(t.recoveries + 1, 2)) END
          ELSE t.recoveries
        END AS recoveries
        FROM session_heads h
        JOIN turns t ON t.organization_id = h.organization_id AND t.id = h.active_turn_id
        LEFT JOIN workers w ON w.id = t.worker_id
        WHERE h.session_id = ANY (locked) AND (
          t.status = 'ready'
          OR t.status = 'parked' AND t.wake_at <= clock_timestamp()
          OR t.status = 'running' AND worker_is_gone(t.worker_id)
        )
      ),
      decided AS (
        SELECT *, is_orphaned AND is_suspect(recoveries) AS is_put_aside FROM free
      ),
      heads AS (
        UPDATE session_heads h SET epoch = h.epoch + 1, active_status = CASE WHEN d.is_put_aside THEN 'ready' ELSE 'running' END
        FROM decided d WHERE h.session_id = d.session_id
      ),
      claims AS (
        UPDATE turns t SET
          status = CASE WHEN d.is_put_aside THEN 'ready' ELSE 'running' END,
          worker_id = CASE WHEN NOT d.is_put_aside THEN me END,
          wake_at = CASE WHEN d.is_put_aside THEN clock_timestamp() + interval '5 seconds' END,
          recoveries = d.recoveries
        FROM decided d WHERE t.session_id = d.session_id AND t.ordinal = d.ordinal
        RETURNING t.session_id, d.is_orphaned
      )
      SELECT coalesce(array_agg(session_id), '{}'), coalesce(array_agg(session_id) FILTER (WHERE is_orphaned), '{}')
      INTO claimed_sessions, orphaned_sessions FROM claims;
    END IF;
  END IF;

  SELECT coalesce(json_agg(json_build_object(
    'organization_id', t.organization_id, 'session_id', t.session_id, 'turn_id', t.id, 'epoch', h.epoch,
    'claimed', t.session_id = ANY (claimed_sessions),
    'orphaned', t.session_id = ANY (orphaned_sessions), 'is_suspect', is_suspect(t.recoveries), 'recoveries', t.recoveries, 'cancel_requested', h.cancel_requested
  )), '[]') INTO held
  FROM turns t JOIN session_heads h ON h.session_id = t.session_id AND h.active_turn_id = t.id
  WHERE t.worker_id = me AND t.status = 'running';
  RETURN NEXT;
END
$$;

-- Two deaths raise the suspicion, and eight more of workers that ran the turn alone prove it: a turn is not to be given
-- up because its process was killed by chance, and a turn that runs alone harms no other meanwhile.
CREATE FUNCTION is_suspect(recoveries integer) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$ SELECT recoveries >= 2 AND recoveries < 10 $$;

CREATE FUNCTION worker_holds_lock(worker text, backend_pid integer) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.granted AND l.pid = backend_pid
      AND (l.classid::bigint << 32) | l.objid::bigint = worker_lock_key(worker)
  )
$$;

CREATE OR REPLACE FUNCTION worker_is_gone(worker text) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT NOT EXISTS (
    SELECT FROM workers w
    WHERE w.id = worker
      AND w.heartbeat_at > clock_timestamp() - interval '5 seconds'
      AND (
        w.heartbeat_at > clock_timestamp() - interval '750 milliseconds'
        OR pg_postmaster_start_time() > clock_timestamp() - interval '3 seconds'
        OR worker_holds_lock(w.id, w.backend_pid)
      )
  )
$$;
