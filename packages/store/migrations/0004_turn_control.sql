-- A turn that waits for its caller is woken at the latest then.
ALTER TABLE turns ADD COLUMN wake_at timestamptz;
-- The failed turn whose message this one posts again.
ALTER TABLE turns ADD COLUMN retry_of text COLLATE "C";
-- Counts the attempts of the current step, from 1: the checkpoint before a step counts its first.
ALTER TABLE turns ALTER COLUMN attempt SET DEFAULT 1;
UPDATE turns SET attempt = 1 WHERE attempt = 0;
CREATE INDEX turns_parked ON turns (wake_at) WHERE status = 'parked';
-- An accept that arrives after its own re-sent copy (its connection broke, and the server reads it late) fails on this.
DROP INDEX turns_by_id;
CREATE UNIQUE INDEX turns_by_id ON turns (organization_id, id);
CREATE INDEX turns_failed ON turns (organization_id, ended_at) WHERE status = 'failed';
CREATE INDEX turns_retried ON turns (session_id, retry_of) WHERE retry_of IS NOT NULL;

-- Who closed a call: tool, caller, approver, deadline, message or cancel; null while it is open.
ALTER TABLE tool_calls ADD COLUMN closed_by text;
UPDATE tool_calls SET closed_by = 'tool' WHERE closed;
ALTER TABLE tool_calls DROP COLUMN closed;
-- `decision` of a call: null where none is needed, `required` until it is made, then `approve` or `deny`. A call whose
-- `deadline_at` is set and that is not closed is awaited from outside: its decision if that is required, else its result.
-- Of what the caller answered, so that the same answer may come twice.
ALTER TABLE tool_calls ADD COLUMN result_sha256 text COLLATE "C";

-- A message that joined a running turn has no place in its prompt until the checkpoint that starts the next model call.
ALTER TABLE messages ALTER COLUMN place DROP NOT NULL;

-- With this checkpoint the turn ended or parked.
ALTER TABLE journal ADD COLUMN settled boolean NOT NULL DEFAULT false;
-- What became of the message that this accept brought.
ALTER TABLE journal ADD COLUMN delivery text;

-- The turn that runs alone in this process, since processes died while they ran it.
ALTER TABLE workers ADD COLUMN suspect_turn_id text COLLATE "C";

-- Signs what the organization's webhooks get, so that they can tell it from what others send.
ALTER TABLE organizations ADD COLUMN webhook_secret text;

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
