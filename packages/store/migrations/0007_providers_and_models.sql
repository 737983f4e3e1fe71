-- Rises with every change, so that a process knows from a turn's settings whether the client that it made still holds.
ALTER TABLE providers ADD COLUMN version integer NOT NULL DEFAULT 1;
-- What was deleted is shown to nobody, and its key is gone. Its row stays: a turn that has begun reads its model by id.
ALTER TABLE providers ADD COLUMN deleted_at timestamptz;

ALTER TABLE models ADD COLUMN max_output_tokens integer;
-- USD per million tokens: {"input", "output", "cache_read", "cache_write"}.
ALTER TABLE models ADD COLUMN prices json;
-- A prompt that is too long is made shorter; else its turn fails.
ALTER TABLE models ADD COLUMN compaction boolean NOT NULL DEFAULT true;
ALTER TABLE models ADD COLUMN deleted_at timestamptz;
