-- Where an organization is told of what happens in its sessions.
CREATE TABLE webhooks (
  organization_id text COLLATE "C" NOT NULL REFERENCES organizations,
  id text COLLATE "C" NOT NULL,
  url text NOT NULL,
  -- Which types of events it is told of.
  events text[] NOT NULL,
  description text,
  enabled boolean NOT NULL,
  -- Why the server disabled it; null when it did not.
  disabled_reason text,
  -- The secret that signs, with the one before it for as long as that is valid too.
  secrets_sealed bytea NOT NULL,
  -- Attempts that failed since the last that did not, the first of them, and until when it is left in peace for them.
  failures integer NOT NULL DEFAULT 0,
  failing_since timestamptz,
  paused_until timestamptz,
  -- An order was sent to look after it then.
  look_at timestamptz,
  -- Somebody delivers to it, and has died if it is still so then.
  delivering_until timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id)
);
CREATE INDEX webhooks_look_at ON webhooks (look_at) WHERE look_at IS NOT NULL;

-- One row for each event and webhook that is to be told of it, committed with the event. No foreign key: it would lock
-- the webhook's row in every flush. What a deleted webhook leaves behind is found by nobody, and pruned with the rest.
CREATE TABLE webhook_deliveries (
  organization_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  event_sequence bigint NOT NULL,
  webhook_id text COLLATE "C" NOT NULL,
  -- Begins with the event's time, so that one index finds a delivery and lists the newest first.
  id text COLLATE "C" NOT NULL,
  event_type text NOT NULL,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  -- While an attempt is under way: when another is made if nobody tells how it ended.
  next_attempt_at timestamptz,
  response_status integer,
  response_excerpt text,
  error text,
  duration_ms integer,
  -- The event's own time.
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (session_id, event_sequence, webhook_id)
);
CREATE UNIQUE INDEX webhook_deliveries_log ON webhook_deliveries (organization_id, webhook_id, id);
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (organization_id, webhook_id, next_attempt_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (created_at);

-- The events that webhooks can be told of settle a turn: they end it or park it. So only such a checkpoint is looked at,
-- and its deliveries are in the database exactly if the events are.
CREATE FUNCTION record_webhook_deliveries() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  -- Most organizations have none, and this look alone is a third of the price of the statement below.
  IF NOT EXISTS (SELECT FROM webhooks w WHERE w.organization_id = NEW.organization_id AND w.enabled) THEN
    RETURN NULL;
  END IF;
  INSERT INTO webhook_deliveries (organization_id, session_id, event_sequence, webhook_id, id, event_type, next_attempt_at, created_at)
  SELECT
    NEW.organization_id, NEW.session_id, NEW.first_sequence + e.position - 1, w.id,
    -- A UUIDv7 of the event's time.
    'delivery_' || lpad(to_hex(NEW.event_ms), 12, '0') || '7' || right(replace(gen_random_uuid()::text, '-', ''), 19),
    e.event->>'type', clock_timestamp(), to_timestamp(NEW.event_ms / 1000.0)
  FROM webhooks w
  CROSS JOIN LATERAL json_array_elements(NEW.events) WITH ORDINALITY AS e(event, position)
  WHERE w.organization_id = NEW.organization_id AND w.enabled AND e.event->>'type' = ANY (w.events);
  RETURN NULL;
END
$$;
CREATE TRIGGER journal_webhook_deliveries AFTER INSERT ON journal
FOR EACH ROW WHEN (NEW.settled) EXECUTE FUNCTION record_webhook_deliveries();
