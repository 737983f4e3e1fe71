-- What processes share of what they count in memory, for limits that hold over all of them. Lost with a crash of the
-- server, which costs nobody more than the rest of a minute.
--
-- Of each key, or of an organization that is called without keys of its own: how many requests of the window were
-- accepted, or are held ready by a process to be accepted.
CREATE UNLOGGED TABLE request_counts (
  organization_id text COLLATE "C" NOT NULL,
  subject_id text COLLATE "C" NOT NULL,
  window_number bigint NOT NULL,
  taken bigint NOT NULL,
  PRIMARY KEY (organization_id, subject_id)
) WITH (fillfactor = 50);

-- The event streams that are open in each process, of organizations with a limit on them.
CREATE UNLOGGED TABLE open_streams (
  organization_id text COLLATE "C" NOT NULL,
  process_id text COLLATE "C" NOT NULL,
  streams_open integer NOT NULL,
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, process_id)
) WITH (fillfactor = 50);

-- The processes that count, for each to know among how many it shares.
CREATE UNLOGGED TABLE counting_processes (
  id text COLLATE "C" PRIMARY KEY,
  seen_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- A process that has said nothing for so long is gone, and its streams with it.
CREATE FUNCTION process_silence_max() RETURNS interval
LANGUAGE sql IMMUTABLE AS $$ SELECT interval '5 seconds' $$;

CREATE FUNCTION streams_open_elsewhere(organization text, me text) RETURNS integer
LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(s.streams_open), 0)::integer FROM open_streams s
  WHERE s.organization_id = organization AND s.process_id <> me AND s.seen_at > clock_timestamp() - process_silence_max()
$$;

-- The one statement that a process sends at most once a second for all its limits: it says what it has counted, gives
-- back what it needs no more of its allowances, and gets new ones.
--
-- Windows are numbered from the database's clock, which is the only one that counts. What was counted in an earlier
-- window than the current one is of no interest any more.
CREATE FUNCTION exchange_limits(
  me text,
  window_ms integer,
  -- One object per key: see `AllowanceRequest` in src/queries/exchange-limits.ts.
  requests json,
  -- How many streams are open here, per organization; 0 when the last one was closed.
  streams json
) RETURNS TABLE (now_ms bigint, window_number bigint, processes integer, grants json, counts_streams boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  this_window bigint;
BEGIN
  INSERT INTO counting_processes (id, seen_at) VALUES (me, clock_timestamp())
  ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at;

  this_window := floor(extract(epoch FROM clock_timestamp()) * 1000 / window_ms);
  -- Rows are locked in the order of their key, and decided about by a later statement, which sees what was committed
  -- while they were waited for.
  INSERT INTO request_counts (organization_id, subject_id, window_number, taken)
  SELECT r.organization_id, r.subject_id, this_window, 0
  FROM json_to_recordset(requests) AS r(organization_id text, subject_id text) ORDER BY 1, 2
  ON CONFLICT DO NOTHING;
  PERFORM FROM request_counts c
  JOIN json_to_recordset(requests) AS r(organization_id text, subject_id text) ON r.organization_id = c.organization_id AND r.subject_id = c.subject_id
  ORDER BY c.organization_id, c.subject_id FOR UPDATE OF c;
  now_ms := floor(extract(epoch FROM clock_timestamp()) * 1000);
  this_window := now_ms / window_ms;
  window_number := this_window;

  WITH decided AS (
    SELECT c.organization_id, c.subject_id, r.requests_max, counted.taken, least(r.wanted, greatest(0, r.requests_max - counted.taken)) AS granted
    FROM json_to_recordset(requests) AS r(
      organization_id text, subject_id text, requests_max bigint, window_number bigint, owed bigint, returned bigint, wanted bigint
    )
    JOIN request_counts c ON c.organization_id = r.organization_id AND c.subject_id = r.subject_id
    CROSS JOIN LATERAL (
      SELECT greatest(0,
        CASE WHEN c.window_number = this_window THEN c.taken ELSE 0 END
        + CASE WHEN r.window_number = this_window THEN r.owed - r.returned ELSE 0 END
      ) AS taken
    ) counted
  ),
  counts AS (
    UPDATE request_counts c SET window_number = this_window, taken = d.taken + d.granted
    FROM decided d WHERE c.organization_id = d.organization_id AND c.subject_id = d.subject_id
  )
  SELECT coalesce(json_agg(json_build_object(
    'subject_id', d.subject_id, 'granted', d.granted, 'left', greatest(0, d.requests_max - d.taken - d.granted)
  )), '[]') INTO grants FROM decided d;

  WITH counted AS (
    SELECT s.organization_id, s.streams_open
    FROM json_to_recordset(streams) AS s(organization_id text, streams_open integer)
    JOIN organizations o ON o.id = s.organization_id AND o.streams_open_max IS NOT NULL
  ),
  counts AS (
    INSERT INTO open_streams (organization_id, process_id, streams_open, seen_at)
    SELECT organization_id, me, streams_open, clock_timestamp() FROM counted
    ON CONFLICT (organization_id, process_id) DO UPDATE SET streams_open = excluded.streams_open, seen_at = excluded.seen_at
  )
  SELECT coalesce(bool_or(streams_open > 0), false) INTO counts_streams FROM counted;

  SELECT count(*) INTO processes FROM counting_processes WHERE seen_at > clock_timestamp() - process_silence_max();

  -- Now and then what nobody needs any more is swept away; nothing is waited for.
  IF random() < 0.01 THEN
    DELETE FROM request_counts WHERE ctid = ANY (ARRAY(SELECT ctid FROM request_counts WHERE window_number < this_window - 1 FOR UPDATE SKIP LOCKED));
    DELETE FROM open_streams WHERE ctid = ANY (ARRAY(SELECT ctid FROM open_streams WHERE seen_at < clock_timestamp() - interval '1 minute' FOR UPDATE SKIP LOCKED));
    DELETE FROM counting_processes WHERE ctid = ANY (ARRAY(SELECT ctid FROM counting_processes WHERE seen_at < clock_timestamp() - interval '1 minute' FOR UPDATE SKIP LOCKED));
  END IF;
  RETURN NEXT;
END
$$;

-- Looked at by every beat: where no organization is limited, this is empty.
CREATE INDEX organizations_limited ON organizations (id) WHERE turns_running_max IS NOT NULL;

DROP FUNCTION beat(text, integer, boolean);

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
-- L9  Claims keep an organization within its `turns_running_max`: one beat at a time claims for a limited organization,
--     and counts by a statement after it got its turn to. A turn taken over from a worker that is gone has its place
--     already, and one that is only to be ended needs none. Where no organization is limited, nothing is counted.
CREATE FUNCTION beat(me text, free_slots integer, is_idle boolean) RETURNS TABLE (draining boolean, held json, limited json)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  candidates text[];
  locked text[];
  claimed_sessions text[] := '{}';
  orphaned_sessions text[] := '{}';
  counts_turns boolean;
  counted text[];
  -- How many more turns each limited organization may run; null where none is limited.
  places jsonb;
BEGIN
  UPDATE workers SET heartbeat_at = clock_timestamp() WHERE id = me RETURNING drain_requested_at IS NOT NULL INTO draining;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'worker % is not registered', me USING ERRCODE = 'no_data_found';
  END IF;

  counts_turns := EXISTS (SELECT FROM organizations WHERE turns_running_max IS NOT NULL);

  IF free_slots > 0 AND NOT draining THEN
    IF counts_turns THEN
      -- An organization for which another beat claims just now is left for the next beat.
      SELECT array_agg(id) INTO counted FROM (
        SELECT o.id FROM organizations o
        WHERE o.turns_running_max IS NOT NULL AND o.id IN (
          SELECT t.organization_id FROM turns t WHERE t.status = 'ready'
          UNION ALL
          SELECT t.organization_id FROM turns t WHERE t.status = 'parked' AND t.wake_at <= clock_timestamp()
        )
        OFFSET 0
      ) o WHERE pg_try_advisory_xact_lock(organization_lock_key(id));
      SELECT jsonb_object_agg(o.id, CASE WHEN o.id = ANY (counted) THEN greatest(0, o.turns_running_max - coalesce(running.turns, 0)) ELSE 0 END) INTO places
      FROM organizations o
      LEFT JOIN (SELECT t.organization_id, count(*) AS turns FROM turns t WHERE t.status = 'running' GROUP BY 1) running ON running.organization_id = o.id
      WHERE o.turns_running_max IS NOT NULL;
    END IF;

    SELECT array_agg(session_id) INTO candidates FROM (
      SELECT t.session_id FROM turns t
      WHERE t.status = 'ready' AND is_suspect(t.recoveries) AND (is_idle OR coalesce(t.wake_at <= clock_timestamp(), true))
        AND (
          coalesce((places->>t.organization_id)::integer > 0, true)
          OR (SELECT h.cancel_requested FROM session_heads h WHERE h.session_id = t.session_id) IS NOT NULL
        )
      ORDER BY t.created_at LIMIT 1
    ) suspect;

    IF candidates IS NULL THEN
      SELECT array_agg(session_id) INTO candidates FROM (
        SELECT session_id FROM (
          SELECT t.session_id, 0 AS turn_in_organization FROM turns t
          WHERE t.status = 'running' AND worker_is_gone(t.worker_id)
          UNION ALL
          -- Round by round: what comes first of every organization before the second of any.
          SELECT w.session_id, CASE WHEN w.is_parked THEN 0 ELSE w.turn_in_organization END FROM (
            SELECT w.*, row_number() OVER (PARTITION BY w.organization_id ORDER BY w.is_parked DESC, w.created_at) AS turn_in_organization
            FROM (
              SELECT t.organization_id, t.session_id, t.created_at, true AS is_parked FROM turns t
              WHERE t.status = 'parked' AND t.wake_at <= clock_timestamp()
              UNION ALL
              SELECT t.organization_id, t.session_id, t.created_at, false FROM turns t
              WHERE t.status = 'ready' AND NOT is_suspect(t.recoveries)
            ) w
          ) w
          WHERE coalesce(w.turn_in_organization <= (places->>w.organization_id)::integer, true)
            OR (SELECT h.cancel_requested FROM session_heads h WHERE h.session_id = w.session_id) IS NOT NULL
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

  IF counts_turns THEN
    SELECT coalesce(json_agg(json_build_object(
      'organization_id', o.id, 'turns_running_max', o.turns_running_max, 'running_elsewhere', busy.running_elsewhere, 'turns_ready', busy.turns_ready
    )), '[]') INTO limited
    FROM (
      SELECT t.organization_id,
        count(*) FILTER (WHERE t.status = 'running' AND t.worker_id IS DISTINCT FROM me)::integer AS running_elsewhere,
        count(*) FILTER (WHERE t.status = 'ready')::integer AS turns_ready
      FROM turns t WHERE t.status IN ('running', 'ready') GROUP BY 1
    ) busy
    JOIN organizations o ON o.id = busy.organization_id AND o.turns_running_max IS NOT NULL;
  END IF;
  RETURN NEXT;
END
$$;

CREATE FUNCTION organization_lock_key(organization text) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT hashtextextended('reprise organization ' || organization, 0) $$;

