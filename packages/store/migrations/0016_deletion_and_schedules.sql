-- Sessions whose content is still to be erased. Nothing but a deletion changes the column, so updates of heads stay HOT.
CREATE INDEX session_heads_deleted ON session_heads (deleted_at) WHERE deleted_at IS NOT NULL;

-- Deletes a session: from its commit on it is not there for anybody, and no turn of it is active. Its content goes later.
-- J1 holds here too: the head first, then the turns. Raising the epoch fences whoever runs one; that worker learns from
-- its next heartbeat that the turn is not its own any more (L5).
CREATE FUNCTION delete_session(organization text, session text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE session_heads SET
    deleted_at = clock_timestamp(), epoch = epoch + 1, active_turn_id = NULL, active_status = NULL,
    turns_waiting = 0, pending_steers = 0, cancel_requested = NULL
  WHERE session_id = session AND organization_id = organization AND deleted_at IS NULL;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE turns SET status = 'cancelled', worker_id = NULL, wake_at = NULL, ended_at = clock_timestamp()
  WHERE session_id = session AND status IN ('waiting', 'ready', 'running', 'parked');
  DELETE FROM schedules WHERE organization_id = organization AND session_id = session;
  -- With the commit, to every process: streams of the session end. Deletions are rare enough to notify in a transaction.
  PERFORM pg_notify('reprise_deletions', session);
  RETURN true;
END
$$;

-- Since when nobody may hold the image: set when it is stored for a message that is yet to come, and when a message that
-- showed it is erased. Whoever looks later deletes it, or finds a holder and clears this. Null: uploaded, or held.
ALTER TABLE images ADD COLUMN unheld_since timestamptz;
CREATE INDEX images_unheld ON images (unheld_since) WHERE unheld_since IS NOT NULL;
UPDATE images i SET unheld_since = now()
WHERE NOT uploaded AND NOT EXISTS (SELECT FROM message_images m WHERE m.organization_id = i.organization_id AND m.image_id = i.id);
CREATE INDEX images_by_bytes ON images (organization_id, sha256);

-- When it was last needed for a turn about to start: each process says so again from time to time.
ALTER TABLE definitions ADD COLUMN kept_at timestamptz NOT NULL DEFAULT now();

-- How far an organization's past has been pruned: turns that ended by then are done.
ALTER TABLE organizations ADD COLUMN deltas_pruned_to timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE organizations ADD COLUMN events_pruned_to timestamptz NOT NULL DEFAULT '-infinity';
CREATE INDEX turns_ended ON turns (organization_id, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX idempotency_keys_age ON idempotency_keys (organization_id, created_at);

CREATE TABLE schedules (
  organization_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  name text,
  message json NOT NULL,
  controls json,
  metadata json,
  tags json,
  -- One of the two.
  cron text,
  at timestamptz,
  timezone text NOT NULL,
  enabled boolean NOT NULL,
  -- Null: it does not fire any more.
  next_fire_at timestamptz,
  last_fired_at timestamptz,
  last_message_id text COLLATE "C",
  last_error json,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, session_id) REFERENCES sessions (organization_id, id)
);
CREATE INDEX schedules_of_session ON schedules (session_id);
CREATE INDEX schedules_due ON schedules (next_fire_at) WHERE next_fire_at IS NOT NULL;
