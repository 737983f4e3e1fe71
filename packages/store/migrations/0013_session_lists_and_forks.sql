-- Lists show the newest first, of an organization or of one of its agents. Few sessions are pinned.
ALTER TABLE sessions ADD COLUMN pinned_at timestamptz;
CREATE INDEX sessions_by_time ON sessions (organization_id, created_at, id);
CREATE INDEX sessions_by_agent ON sessions (organization_id, agent_id, created_at, id);
CREATE INDEX sessions_pinned ON sessions (organization_id, created_at, id) WHERE pinned_at IS NOT NULL;

-- What a count leaves out. None of its columns changes while a session is used, so heads are still updated in place.
CREATE INDEX session_heads_left_out ON session_heads (organization_id, session_id) WHERE deleted_at IS NOT NULL;

-- A fork's past: it ran in another session, and is no work of this one.
ALTER TABLE turns ADD COLUMN copy_of text COLLATE "C";
