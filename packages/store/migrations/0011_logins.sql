-- Who is logged in to the console. The token is stored by its hash alone, as keys are.
CREATE TABLE logins (
  organization_id text COLLATE "C" NOT NULL REFERENCES organizations,
  token_sha256 text COLLATE "C" NOT NULL,
  -- Null: by the key of the server's configuration.
  key_id text COLLATE "C",
  -- Then this says which key that was, to nobody but who holds the token: another key ends the login.
  configured_key_proof text COLLATE "C",
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, token_sha256),
  FOREIGN KEY (organization_id, key_id) REFERENCES api_keys,
  CHECK ((key_id IS NULL) <> (configured_key_proof IS NULL))
);
CREATE UNIQUE INDEX logins_token ON logins (token_sha256);
