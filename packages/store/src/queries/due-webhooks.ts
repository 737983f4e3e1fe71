import type { Database } from '../database.ts'

/** Which deliveries of which webhooks are due is told by the rows alone: an order only says that it is time to look. */

const findingDue = `
SELECT w.organization_id, w.id, w.look_at, w.delivering_until, date_trunc('milliseconds', greatest(d.next_attempt_at, w.paused_until, now())) AS at
FROM webhooks w
CROSS JOIN LATERAL (
  SELECT d.next_attempt_at FROM webhook_deliveries d
  WHERE d.organization_id = w.organization_id AND d.webhook_id = w.id AND d.status = 'pending'
  ORDER BY d.next_attempt_at LIMIT 1
) d
WHERE w.enabled AND ($1::text[] IS NULL OR w.organization_id = ANY ($1))
  -- Who delivers to it looks again when done.
  AND (w.delivering_until IS NULL OR w.delivering_until <= now())
  -- An order that nobody has carried out for so long may have been lost.
  AND (w.look_at IS NULL OR w.look_at > greatest(d.next_attempt_at, w.paused_until, now()) OR w.look_at < now() - interval '30 seconds')`

/** Whether there is anything for `markDueWebhooks`. Writes nothing, and so costs next to nothing where there are no webhooks. */
export async function hasDueWebhooks(db: Database, organizationIds: readonly string[] | null): Promise<boolean> {
  const { rows } = await db.query<{ has_due: boolean }>({
    name: 'has_due_webhooks',
    text: `/* hasDueWebhooks */ SELECT EXISTS (${findingDue}) AS has_due`,
    values: [organizationIds],
  })
  return rows[0]!.has_due
}

/** Finds the webhooks that nobody will look after in time, and notes when somebody will: gives those times. */
export async function markDueWebhooks(db: Database, organizationIds: readonly string[] | null): Promise<Date[]> {
  const { rows } = await db.query<{ look_at: string }>({
    name: 'mark_due_webhooks',
    text: `/* markDueWebhooks */
WITH due AS MATERIALIZED (${findingDue}),
held AS (
  SELECT w.organization_id, w.id, due.at FROM webhooks w JOIN due ON due.organization_id = w.organization_id AND due.id = w.id
  -- Judged anew once the row is locked: another may have marked or taken it since.
  WHERE w.look_at IS NOT DISTINCT FROM due.look_at AND w.delivering_until IS NOT DISTINCT FROM due.delivering_until
  ORDER BY w.organization_id, w.id FOR UPDATE OF w SKIP LOCKED
)
UPDATE webhooks w SET look_at = held.at FROM held WHERE w.organization_id = held.organization_id AND w.id = held.id
RETURNING w.look_at`,
    values: [organizationIds],
  })
  return rows.map(({ look_at }) => new Date(look_at))
}

/** A webhook that this process delivers to. */
export interface HeldWebhook {
  organization_id: string
  id: string
  url: string
  secrets_sealed: Uint8Array
}

/** Takes the webhook that has been due for the longest: for `holdMs`, nobody else delivers to it. */
export async function takeDueWebhook(db: Database, holdMs: number): Promise<HeldWebhook | null> {
  const { rows } = await db.query<HeldWebhook>({
    name: 'take_due_webhook',
    text: `/* takeDueWebhook */
WITH due AS (
  SELECT organization_id, id FROM webhooks
  WHERE look_at <= now() AND enabled AND (delivering_until IS NULL OR delivering_until <= now())
  ORDER BY look_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE webhooks w SET look_at = NULL, delivering_until = clock_timestamp() + $1 * interval '1 millisecond'
FROM due WHERE w.organization_id = due.organization_id AND w.id = due.id
RETURNING w.organization_id, w.id, w.url, w.secrets_sealed`,
    values: [holdMs],
  })
  return rows[0] ?? null
}
