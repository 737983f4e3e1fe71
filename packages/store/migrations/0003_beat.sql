-- The one statement that a worker sends twice a second: its heartbeat, the look for turns that lost their worker or
-- wait for one, and the list of what it holds.
--
-- L1  Only the database's clock counts.
-- L2  A worker is gone when its row is gone, when its heartbeat is older than the lease term, or when the connection
--     that heartbeats is gone, seen by the advisory lock it held. The lock is looked at, never taken; it counts only
--     once the heartbeat is late, and not just after a restart of the server, which drops every lock.
-- L3  Head first, then turn, as everywhere. A head that is locked is left for the next beat.
-- L4  Claiming raises the epoch: whoever held the turn before writes nothing more.
CREATE FUNCTION beat(me text, free_slots integer) RETURNS TABLE (
  organization_id text, session_id text, turn_id text, epoch bigint, claimed boolean
)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  candidates text[];
  held text[];
  claimed_sessions text[] := '{}';
BEGIN
  UPDATE workers SET heartbeat_at = clock_timestamp() WHERE id = me;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'worker % is not registered', me USING ERRCODE = 'no_data_found';
  END IF;

  IF free_slots > 0 THEN
    SELECT array_agg(session_id) INTO candidates FROM (
      SELECT session_id FROM (
        SELECT t.session_id, 0 AS turn_in_organization FROM turns t
        WHERE t.status = 'running' AND worker_is_gone(t.worker_id)
        UNION ALL
        -- Round by round: the oldest ready turn of every organization before the second oldest of any.
        SELECT t.session_id, row_number() OVER (PARTITION BY t.organization_id ORDER BY t.created_at) FROM turns t
        WHERE t.status = 'ready'
      ) c ORDER BY turn_in_organization LIMIT free_slots
    ) c;

    IF candidates IS NOT NULL THEN
      SELECT array_agg(session_id) INTO held FROM (
        SELECT session_id FROM session_heads WHERE session_id = ANY (candidates) ORDER BY session_id FOR UPDATE SKIP LOCKED
      ) h;

      WITH free AS MATERIALIZED (
        SELECT h.session_id, t.ordinal, t.status = 'running' AS orphaned
        FROM session_heads h JOIN turns t ON t.organization_id = h.organization_id AND t.id = h.active_turn_id
        WHERE h.session_id = ANY (held)
          AND (t.status = 'ready' OR t.status = 'running' AND worker_is_gone(t.worker_id))
      ),
      heads AS (
        UPDATE session_heads h SET epoch = h.epoch + 1, active_status = 'running'
        FROM free WHERE h.session_id = free.session_id
      ),
      claims AS (
        UPDATE turns t SET status = 'running', worker_id = me, recoveries = t.recoveries + CASE WHEN free.orphaned THEN 1 ELSE 0 END
        FROM free WHERE t.session_id = free.session_id AND t.ordinal = free.ordinal
        RETURNING t.session_id
      )
      SELECT coalesce(array_agg(session_id), '{}') INTO claimed_sessions FROM claims;
    END IF;
  END IF;

  RETURN QUERY
  SELECT t.organization_id, t.session_id, t.id, h.epoch, t.session_id = ANY (claimed_sessions)
  FROM turns t JOIN session_heads h ON h.session_id = t.session_id AND h.active_turn_id = t.id
  WHERE t.worker_id = me AND t.status = 'running';
END
$$;

-- The advisory lock's key of a worker, held by its heartbeat connection for as long as the process lives.
CREATE FUNCTION worker_lock_key(worker text) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT hashtextextended(worker, 0) $$;

CREATE FUNCTION worker_is_gone(worker text) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT NOT EXISTS (
    SELECT FROM workers w
    WHERE w.id = worker
      AND w.heartbeat_at > clock_timestamp() - interval '5 seconds'
      AND (
        w.heartbeat_at > clock_timestamp() - interval '750 milliseconds'
        OR pg_postmaster_start_time() > clock_timestamp() - interval '3 seconds'
        OR EXISTS (
          SELECT FROM pg_locks l
          WHERE l.locktype = 'advisory' AND l.granted AND l.pid = w.backend_pid
            AND (l.classid::bigint << 32) | l.objid::bigint = worker_lock_key(w.id)
        )
      )
  )
$$;
