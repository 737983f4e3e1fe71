import type { DeliveryStatus, WebhookDelivery } from '@reprise/contract'
import type { Database } from '../database.ts'
import type { HeldWebhook } from './due-webhooks.ts'

/** A delivery that is to be attempted now. */
export interface DueDelivery extends Pick<WebhookDelivery, 'id' | 'session_id' | 'event_sequence'> {
  /** This attempt's number, from 1. */
  attempts: number
  /** False when the session was deleted since. */
  has_session: boolean
}

/** Takes deliveries of a held webhook. Their attempts are counted before they are made; an end that nobody tells is one that failed. */
export async function takeDueDeliveries(db: Database, { organization_id, id }: HeldWebhook, { max, holdMs }: { max: number; holdMs: number }): Promise<DueDelivery[]> {
  const { rows } = await db.query<DueDelivery>({
    name: 'take_due_deliveries',
    text: `/* takeDueDeliveries */
WITH due AS (
  SELECT session_id, event_sequence, webhook_id FROM webhook_deliveries
  WHERE organization_id = $1 AND webhook_id = $2 AND status = 'pending' AND next_attempt_at <= now()
  ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED
)
UPDATE webhook_deliveries d SET attempts = d.attempts + 1, next_attempt_at = clock_timestamp() + $4 * interval '1 millisecond', updated_at = now()
FROM due WHERE d.session_id = due.session_id AND d.event_sequence = due.event_sequence AND d.webhook_id = due.webhook_id
RETURNING d.id, d.session_id, d.event_sequence, d.attempts,
  EXISTS (SELECT FROM session_heads h WHERE h.session_id = d.session_id AND h.deleted_at IS NULL) AS has_session`,
    values: [organization_id, id, max, holdMs],
  })
  return rows
}

/** How an attempt ended. */
export interface AttemptOutcome {
  id: string
  /** Of the attempt: what was asked for anew meanwhile is left as it is. */
  attempts: number
  status: DeliveryStatus
  /** Of a pending one. */
  retry_in_ms: number
  /** Whether it says anything of the webhook: false where nothing was sent to it. */
  tells: boolean
  response_status: number | null
  response_excerpt: string | null
  error: string | null
  duration_ms: number | null
}

export interface FailurePolicy {
  /** After a round in which nothing came through the webhook is left in peace so long, and twice as long after the next. */
  pauseBaseMs: number
  pauseMsMax: number
  /** A webhook to which nothing came through for so long is disabled. */
  failingMsMax: number
  /** Disables the webhook at once. */
  gone_reason: string | null
}

/** Rounds that must have failed as well, so that one event after a long silence disables nothing. */
const failuresMin = 5

/** Writes down what came of a round, and releases the webhook. */
export async function recordAttempts(db: Database, { organization_id, id }: HeldWebhook, outcomes: readonly AttemptOutcome[], policy: FailurePolicy): Promise<void> {
  await db.query({
    name: 'record_attempts',
    text: `/* recordAttempts */
WITH outcomes AS (
  SELECT * FROM json_to_recordset($3) AS o(
    id text, attempts integer, status text, retry_in_ms double precision, tells boolean, response_status integer, response_excerpt text, error text,
    duration_ms integer
  )
),
-- Whoever writes to a webhook and to its deliveries holds the webhook first. All below read it from here: once this statement
-- has changed the row, it could not be locked any more.
held AS MATERIALIZED (SELECT w.id, w.failures, w.failing_since, w.paused_until FROM webhooks w WHERE w.organization_id = $1 AND w.id = $2 FOR UPDATE),
-- And the deliveries in the order of their key.
attempted AS MATERIALIZED (
  SELECT d.id FROM webhook_deliveries d
  WHERE d.organization_id = $1 AND d.webhook_id = (SELECT h.id FROM held h) AND d.id IN (SELECT o.id FROM outcomes o)
  ORDER BY d.session_id, d.event_sequence FOR UPDATE
),
recorded AS (
  UPDATE webhook_deliveries d SET
    status = o.status,
    next_attempt_at = CASE WHEN o.status = 'pending' THEN clock_timestamp() + o.retry_in_ms * interval '1 millisecond' END,
    response_status = o.response_status, response_excerpt = o.response_excerpt, error = o.error, duration_ms = o.duration_ms, updated_at = now()
  FROM outcomes o JOIN attempted a ON a.id = o.id
  WHERE d.organization_id = $1 AND d.webhook_id = $2 AND d.id = a.id AND d.status = 'pending' AND d.attempts = o.attempts
),
round AS (
  SELECT coalesce(bool_or(status = 'delivered'), false) AS came_through, coalesce(bool_or(tells), false) AS tells FROM outcomes
),
judged AS (
  SELECT
    CASE WHEN r.came_through THEN 0 WHEN r.tells THEN w.failures + 1 ELSE w.failures END AS failures,
    CASE WHEN r.came_through THEN NULL WHEN r.tells THEN coalesce(w.failing_since, now()) ELSE w.failing_since END AS failing_since,
    CASE WHEN r.came_through THEN NULL WHEN r.tells THEN clock_timestamp() + least($4::float8 * 2 ^ least(w.failures, 20), $5::float8) * interval '1 millisecond'
      ELSE w.paused_until END AS paused_until
  FROM held w, round r
)
UPDATE webhooks w SET
  delivering_until = NULL,
  failures = j.failures, failing_since = j.failing_since, paused_until = j.paused_until,
  enabled = w.enabled AND verdict.reason IS NULL,
  disabled_reason = coalesce(verdict.reason, w.disabled_reason)
FROM judged j
CROSS JOIN LATERAL (
  SELECT coalesce($6::text, CASE WHEN j.failures >= $8 AND j.failing_since < now() - $7::float8 * interval '1 millisecond'
    THEN 'No delivery has come through since ' || to_char(j.failing_since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC.' END) AS reason
) verdict
WHERE w.organization_id = $1 AND w.id = $2`,
    values: [organization_id, id, JSON.stringify(outcomes), policy.pauseBaseMs, policy.pauseMsMax, policy.gone_reason, policy.failingMsMax, failuresMin],
  })
}
