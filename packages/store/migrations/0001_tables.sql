-- Ids are stored as they stand on the wire (`sess_…`), so no layer maps them; COLLATE "C" compares them as bytes.
-- What callers, models and providers said is json or text, never jsonb: jsonb reorders keys and rewrites numbers.
-- Every table has its organization, and is keyed by organization or session first.
-- turns, messages, journal, tool_calls and idempotency_keys have one writer, append_checkpoints, which holds the
-- session's head: foreign keys between them would only check again, eleven times a turn, what it just decided; and check constraints would be parsed anew for every flush.

CREATE TABLE organizations (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  default_model_id text COLLATE "C",
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE providers (
  organization_id text COLLATE "C" NOT NULL REFERENCES organizations,
  id text COLLATE "C" NOT NULL,
  type text NOT NULL,
  name text NOT NULL,
  base_url text,
  api_key_ciphertext bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id)
);

CREATE TABLE models (
  organization_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  provider_id text COLLATE "C" NOT NULL,
  model text NOT NULL,
  display_name text NOT NULL,
  context_window integer NOT NULL,
  supports_images boolean NOT NULL,
  supports_tools boolean NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, provider_id) REFERENCES providers
);

ALTER TABLE organizations ADD FOREIGN KEY (id, default_model_id) REFERENCES models (organization_id, id);

CREATE TABLE agents (
  organization_id text COLLATE "C" NOT NULL REFERENCES organizations,
  id text COLLATE "C" NOT NULL,
  name text NOT NULL,
  display_name text,
  description text,
  system_prompt text NOT NULL,
  default_model_id text COLLATE "C",
  capabilities json NOT NULL,
  tools json NOT NULL,
  max_iterations integer,
  parallel_tool_calls boolean,
  tags json NOT NULL,
  when_busy text,
  harness_id text COLLATE "C" NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id),
  UNIQUE (organization_id, name),
  FOREIGN KEY (organization_id, default_model_id) REFERENCES models
);
-- An id is taken once for all organizations, so that a foreign one answers like any id that cannot be created.
CREATE UNIQUE INDEX agents_id_key ON agents (id);

CREATE TABLE sessions (
  organization_id text COLLATE "C" NOT NULL REFERENCES organizations,
  id text COLLATE "C" NOT NULL,
  agent_id text COLLATE "C",
  title text,
  locale text,
  model_id text COLLATE "C",
  tags json NOT NULL,
  capabilities json NOT NULL,
  tools json NOT NULL,
  system_prompt text,
  max_iterations integer,
  parallel_tool_calls boolean,
  hints json,
  when_busy text,
  harness_id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL,
  owner_principal_id text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, agent_id) REFERENCES agents,
  FOREIGN KEY (organization_id, model_id) REFERENCES models
);

-- The one row that every write to a session locks first. It decides who runs, who is next and which sequence follows;
-- it has no index but its key, and room on its page, so that each update stays on the page (HOT).
CREATE TABLE session_heads (
  session_id text COLLATE "C" PRIMARY KEY,
  organization_id text COLLATE "C" NOT NULL,
  last_sequence bigint NOT NULL,
  last_event_ms bigint NOT NULL,
  last_ordinal integer NOT NULL DEFAULT 0,
  active_turn_id text COLLATE "C",
  active_status text, -- ready, running or parked; null with the turn
  -- Rises with every lease ever given in this session: who writes under an older one is fenced off.
  epoch bigint NOT NULL DEFAULT 0,
  -- Checkpoints committed by the active turn: each is a compare-and-set on it.
  checkpoint_number integer NOT NULL DEFAULT 0,
  turns_waiting integer NOT NULL DEFAULT 0,
  pending_steers integer NOT NULL DEFAULT 0,
  cancel_requested text,
  deleted_at timestamptz,
  FOREIGN KEY (organization_id, session_id) REFERENCES sessions
) WITH (fillfactor = 40);

-- What a turn is told at its start, kept once however many turns share it: prompt, tools and limits.
CREATE TABLE definitions (
  organization_id text COLLATE "C" NOT NULL REFERENCES organizations,
  sha256 text COLLATE "C" NOT NULL,
  definition json NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, sha256)
);

CREATE TABLE workers (
  id text COLLATE "C" PRIMARY KEY,
  hostname text NOT NULL,
  pid integer NOT NULL,
  -- The connection that heartbeats, and holds the advisory lock that dies with the process.
  backend_pid integer NOT NULL,
  backend_start timestamptz NOT NULL,
  slots integer NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  heartbeat_at timestamptz NOT NULL DEFAULT now(),
  drain_requested_at timestamptz
);

CREATE TABLE turns (
  organization_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  -- Prompt order: a turn sees the turns of lower ordinals, never those that wait behind it.
  ordinal integer NOT NULL,
  status text NOT NULL,
  worker_id text COLLATE "C",
  recoveries integer NOT NULL DEFAULT 0,
  attempt integer NOT NULL DEFAULT 0,
  retry_at timestamptz,
  input_message_id text COLLATE "C" NOT NULL,
  input_sequence bigint NOT NULL,
  model_id text COLLATE "C" NOT NULL,
  definition_sha256 text COLLATE "C" NOT NULL,
  reasoning_effort text,
  error_disclosure text,
  excluded_from_prompt boolean NOT NULL DEFAULT false,
  error_code text,
  error text,
  created_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (session_id, ordinal)
) WITH (fillfactor = 80);
CREATE INDEX turns_by_id ON turns (organization_id, id);
-- The alarm behind the head lock: whatever goes wrong, two turns of a session never run at once.
CREATE UNIQUE INDEX turns_one_active ON turns (session_id) WHERE status IN ('ready', 'running', 'parked');
CREATE INDEX turns_ready ON turns (organization_id, created_at) WHERE status = 'ready';
CREATE INDEX turns_waiting ON turns (session_id, ordinal) WHERE status = 'waiting';
CREATE INDEX turns_held ON turns (worker_id) WHERE status = 'running';

CREATE TABLE messages (
  organization_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  -- The sequence of the event that brought the message: arrival order, by which lists go.
  sequence bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  turn_id text COLLATE "C" NOT NULL,
  -- Prompt order within the turn.
  place integer NOT NULL,
  role text NOT NULL,
  content json NOT NULL,
  controls json,
  metadata json,
  tags json,
  external_actor json,
  -- The model's thinking blocks with their signatures, byte for byte, to be sent back unchanged.
  thinking_blocks json,
  model_id text COLLATE "C",
  usage json,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (session_id, sequence),
  UNIQUE (session_id, turn_id, place)
);

-- One row per checkpoint, holding its events in order; event ids are derived from session, sequence and time.
CREATE TABLE journal (
  organization_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  first_sequence bigint NOT NULL,
  last_sequence bigint NOT NULL,
  event_ms bigint NOT NULL,
  turn_id text COLLATE "C",
  input_message_id text COLLATE "C",
  epoch bigint,
  checkpoint_number integer,
  events json NOT NULL,
  -- With this checkpoint the session passed from idle to active, or back.
  edge boolean NOT NULL DEFAULT false,
  PRIMARY KEY (session_id, last_sequence)
);

-- The intent of every tool call, durable before its effect.
CREATE TABLE tool_calls (
  organization_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  turn_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  position integer NOT NULL,
  name text NOT NULL,
  arguments json NOT NULL,
  effects text NOT NULL,
  attempt integer NOT NULL DEFAULT 1,
  closed boolean NOT NULL DEFAULT false,
  decision text,
  deadline_at timestamptz,
  PRIMARY KEY (session_id, turn_id, id)
) WITH (fillfactor = 80);

CREATE TABLE idempotency_keys (
  organization_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  body_sha256 text COLLATE "C" NOT NULL,
  message_id text COLLATE "C" NOT NULL,
  message_sequence bigint NOT NULL,
  turn_id text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (session_id, key)
);

-- An image's bytes, once per organization however often it was sent.
CREATE TABLE image_blobs (
  organization_id text COLLATE "C" NOT NULL REFERENCES organizations,
  sha256 text COLLATE "C" NOT NULL,
  content_type text NOT NULL,
  size_bytes integer NOT NULL,
  width integer NOT NULL,
  height integer NOT NULL,
  bytes bytea NOT NULL,
  thumbnail bytea NOT NULL,
  thumbnail_content_type text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, sha256)
);
ALTER TABLE image_blobs ALTER COLUMN bytes SET STORAGE EXTERNAL, ALTER COLUMN thumbnail SET STORAGE EXTERNAL;

CREATE TABLE images (
  organization_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  sha256 text COLLATE "C" NOT NULL,
  filename text,
  -- False for an image that came inside a message: it is served by its id, and not listed.
  uploaded boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, sha256) REFERENCES image_blobs
);

-- Who holds an image: it can be deleted only when no message does.
CREATE TABLE message_images (
  organization_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  message_sequence bigint NOT NULL,
  image_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (session_id, message_sequence, image_id),
  FOREIGN KEY (session_id, message_sequence) REFERENCES messages,
  FOREIGN KEY (organization_id, image_id) REFERENCES images
);
CREATE INDEX message_images_held ON message_images (organization_id, image_id);
