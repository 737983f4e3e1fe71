-- What the model calls of a session have used, kept with its head: every checkpoint updates that row anyway, and a sum over
-- the messages of a long session takes tens of milliseconds. What was never counted is null.
CREATE TYPE usage_totals AS (
  input_tokens bigint,
  output_tokens bigint,
  cache_read_tokens bigint,
  cache_write_tokens bigint,
  reasoning_tokens bigint,
  cost_micro_usd bigint
);

CREATE FUNCTION add_usage(total usage_totals, used usage_totals) RETURNS usage_totals LANGUAGE sql IMMUTABLE AS $$
  SELECT ROW(
    coalesce(total.input_tokens + used.input_tokens, total.input_tokens, used.input_tokens),
    coalesce(total.output_tokens + used.output_tokens, total.output_tokens, used.output_tokens),
    coalesce(total.cache_read_tokens + used.cache_read_tokens, total.cache_read_tokens, used.cache_read_tokens),
    coalesce(total.cache_write_tokens + used.cache_write_tokens, total.cache_write_tokens, used.cache_write_tokens),
    coalesce(total.reasoning_tokens + used.reasoning_tokens, total.reasoning_tokens, used.reasoning_tokens),
    coalesce(total.cost_micro_usd + used.cost_micro_usd, total.cost_micro_usd, used.cost_micro_usd)
  )::usage_totals
$$;

ALTER TABLE session_heads ADD COLUMN usage usage_totals;
UPDATE session_heads h SET usage = (
  SELECT ROW(
    sum((m.usage->>'input_tokens')::bigint), sum((m.usage->>'output_tokens')::bigint), sum((m.usage->>'cache_read_tokens')::bigint),
    sum((m.usage->>'cache_write_tokens')::bigint), sum((m.usage->>'reasoning_tokens')::bigint), NULL
  )::usage_totals
  FROM messages m WHERE m.session_id = h.session_id AND m.usage IS NOT NULL HAVING count(*) > 0
);

-- `append_checkpoints` as it stands, with three places more: an append says what its messages used (`used`), and the head adds it.
DO $$
DECLARE
  source text := pg_get_functiondef('append_checkpoints'::regproc);
  change record;
BEGIN
  FOR change IN
    SELECT * FROM (VALUES
      ('resets_recoveries boolean, deadline_in_ms integer', 'resets_recoveries boolean, deadline_in_ms integer, used usage_totals'),
      ('a.events, a.settle_events,', 'a.used, a.events, a.settle_events,'),
      ('last_event_ms = s.at_ms,', 'last_event_ms = s.at_ms,' || E'\n' || '      usage = CASE WHEN s.used IS NULL THEN h.usage ELSE add_usage(h.usage, s.used) END,')
    ) AS changes(before, after)
  LOOP
    IF array_length(string_to_array(source, change.before), 1) IS DISTINCT FROM 2 THEN
      RAISE EXCEPTION 'append_checkpoints has not exactly one "%"', change.before;
    END IF;
    source := replace(source, change.before, change.after);
  END LOOP;
  EXECUTE source;
END
$$;
