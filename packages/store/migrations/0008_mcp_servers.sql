-- By name, as they are shown: in place of a header's value stands a mark.
ALTER TABLE agents ADD COLUMN mcp_servers json NOT NULL DEFAULT '{}';
ALTER TABLE sessions ADD COLUMN mcp_servers json NOT NULL DEFAULT '{}';
-- The headers themselves, sealed: in no statement that answers a caller.
ALTER TABLE agents ADD COLUMN mcp_headers_sealed bytea;
ALTER TABLE sessions ADD COLUMN mcp_headers_sealed bytea;
