-- What lists, searches and the deleting of images stand on. Nothing here is written, or looked at, by a turn:
-- no index of messages or of the journal is added (docs/adr has the figures).

-- Uploaded images, newest first; what came inside messages is not listed.
CREATE INDEX images_uploaded ON images (organization_id, created_at, id) WHERE uploaded;

-- At most so many bytes of a text's UTF-8, cut between characters.
CREATE FUNCTION left_bytes(value text, bytes_max integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  raw bytea;
  kept integer := bytes_max;
BEGIN
  IF octet_length(value) <= bytes_max THEN
    RETURN value;
  END IF;
  raw := convert_to(value, 'UTF8');
  -- A byte of the form 10xxxxxx goes on with a character that began before it.
  WHILE get_byte(raw, kept) & 192 = 128 LOOP
    kept := kept - 1;
  END LOOP;
  RETURN convert_from(substring(raw FOR kept), 'UTF8');
END
$$;

-- What a message says, in words: its texts, and the texts and numbers of its tool results. Neither JSON nor images.
CREATE FUNCTION message_text(content json, bytes_max integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT left_bytes(coalesce(string_agg(CASE part->>'type'
    WHEN 'text' THEN part->>'text'
    WHEN 'tool_result' THEN concat_ws(E'\n', part->>'error', (
      SELECT string_agg(leaf #>> '{}', E'\n')
      FROM jsonb_path_query((part->'result')::jsonb, 'strict $.**?(@.type() == "string" || @.type() == "number")') leaf
    ))
  END, E'\n'), ''), bytes_max)
  FROM json_array_elements(content) part
$$;

-- The words of a text. ASCII punctuation only separates them: PostgreSQL's parser would look for urls, hyphenated words
-- and tags, over and over again in a text that is nearly one (200 KB of `a_a_a_…` took it half an hour).
CREATE FUNCTION text_words(said text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT to_tsvector('simple', translate(said, '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32)))
$$;

-- Whether a message has what is searched for. Finding a text's words costs more than all the rest, so it is done last,
-- for texts that have all of `all_like` and, unless that is null, one of `any_like` in them.
CREATE FUNCTION message_matches(content json, query tsquery, all_like text[], any_like text[], bytes_max integer) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
DECLARE
  said text;
  folded text;
BEGIN
  said := message_text(content, bytes_max);
  folded := lower(said COLLATE "C");
  IF NOT (folded LIKE ALL (all_like) AND (any_like IS NULL OR folded LIKE ANY (any_like))) THEN
    RETURN false;
  END IF;
  RETURN text_words(said) @@ query;
END
$$;

-- The first sequence of a session whose event is not older than a moment; one more than the last if all are. Times
-- never fall as sequences rise, so it is found by halving: some twenty look-ups, however long the session is.
CREATE FUNCTION sequence_at(session text, at_ms bigint) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
  low bigint := 1;
  high bigint;
  middle bigint;
  found_last bigint;
  found_ms bigint;
BEGIN
  SELECT last_sequence + 1 INTO high FROM session_heads WHERE session_id = session;
  WHILE low < high LOOP
    middle := (low + high) / 2;
    SELECT j.last_sequence, j.event_ms INTO found_last, found_ms
    FROM journal j WHERE j.session_id = session AND j.last_sequence >= middle ORDER BY j.last_sequence LIMIT 1;
    IF found_ms < at_ms THEN
      low := found_last + 1;
    ELSE
      high := middle;
    END IF;
  END LOOP;
  RETURN low;
END
$$;

-- Whether an event is about a tool: its own data names it, its call does, or one of its calls.
CREATE FUNCTION event_names_tool(data json, tool text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(data->>'tool_name' = tool, false) OR coalesce(data->'tool_call'->>'name' = tool, false)
    OR EXISTS (SELECT FROM json_array_elements(data->'tool_calls') call WHERE call->>'name' = tool)
    OR EXISTS (SELECT FROM json_array_elements(data->'approvals') approval WHERE approval->>'tool_name' = tool)
$$;

-- Deletes an image that no message shows, and its bytes with the last image that shows them.
-- D1  Whoever deletes or adds an image of the same bytes waits for the other, by the row of the bytes: of two
--     deletions the second finds no other image, and an image that is being added finds its bytes there or gone.
--     The image first, then the bytes, as in src/queries/unheld-images.ts: so they never wait for each other.
-- D2  A message that refers to the image at this very moment holds its row. Either the message was first, and the
--     foreign key undoes the deletion, or the deletion was, and the foreign key refuses the message.
CREATE FUNCTION delete_image(organization text, image text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  hash text;
BEGIN
  DELETE FROM images WHERE organization_id = organization AND id = image
    AND NOT EXISTS (SELECT FROM message_images WHERE organization_id = organization AND image_id = image)
  RETURNING sha256 INTO hash;
  IF NOT FOUND THEN
    RETURN CASE WHEN EXISTS (SELECT FROM images WHERE organization_id = organization AND id = image) THEN 'in_use' ELSE 'not_found' END;
  END IF;
  PERFORM FROM image_blobs WHERE organization_id = organization AND sha256 = hash FOR UPDATE;
  DELETE FROM image_blobs WHERE organization_id = organization AND sha256 = hash
    AND NOT EXISTS (SELECT FROM images WHERE organization_id = organization AND sha256 = hash);
  RETURN 'deleted';
EXCEPTION WHEN foreign_key_violation THEN
  RETURN 'in_use';
END
$$;
