-- The whole of a tool result whose message has only the beginning, in slices of at most 1 MiB of UTF-8, so that neither
-- side ever holds it at once. The id is made of session, call and content: writing it again changes nothing, and one
-- that no message names is harmless, and goes with its session.
CREATE TABLE tool_result_values (
  organization_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  value_id text COLLATE "C" NOT NULL,
  slice integer NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (session_id, value_id, slice)
);
-- Slices are read whole, so compressing them would only cost time.
ALTER TABLE tool_result_values ALTER COLUMN bytes SET STORAGE EXTERNAL;
