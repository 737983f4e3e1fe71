-- Keys are stored by their hash alone: what could be read here opens nothing.
CREATE TABLE api_keys (
  organization_id text COLLATE "C" NOT NULL REFERENCES organizations,
  id text COLLATE "C" NOT NULL,
  name text NOT NULL,
  -- What the key begins with, for people to tell theirs apart.
  prefix text COLLATE "C" NOT NULL,
  secret_sha256 text COLLATE "C" NOT NULL,
  scopes text[] NOT NULL,
  -- Null: as many as the server allows.
  requests_per_minute integer,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX api_keys_secret ON api_keys (secret_sha256);

-- How much an organization may do at once; null: no limit.
ALTER TABLE organizations ADD COLUMN turns_running_max integer;
ALTER TABLE organizations ADD COLUMN streams_open_max integer;
-- How long it keeps what its sessions leave behind; null: for ever. Deltas are kept at least a day after their message.
ALTER TABLE organizations ADD COLUMN deltas_kept_hours integer DEFAULT 24;
ALTER TABLE organizations ADD COLUMN events_kept_days integer;
ALTER TABLE organizations ADD COLUMN idempotency_keys_kept_hours integer NOT NULL DEFAULT 24;
ALTER TABLE organizations ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
