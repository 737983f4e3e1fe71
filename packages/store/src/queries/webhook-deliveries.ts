import type { DeliveryStatus, WebhookDelivery } from '@reprise/contract'
import type { Database } from '../database.ts'
import { makeEventId } from '../event-id.ts'
import type { Page } from './page.ts'

type DeliveryRow = Omit<WebhookDelivery, 'event_id'>

const columns = `id, webhook_id, session_id, event_type, event_sequence, status, attempts, next_attempt_at, response_status, response_excerpt,
  error, duration_ms, created_at, updated_at`

export interface DeliveryFilter {
  organization_id: string
  webhook_id: string
  /** Null: of every status. */
  status: DeliveryStatus | null
}

const isWanted = `organization_id = $1 AND webhook_id = $2 AND ($3::text IS NULL OR status = $3)`

/** Newest first. */
export async function listDeliveries(db: Database, { organization_id, webhook_id, status }: DeliveryFilter, { offset, limit }: Page): Promise<WebhookDelivery[]> {
  const { rows } = await db.query<DeliveryRow>({
    name: 'list_deliveries',
    text: `/* listDeliveries */ SELECT ${columns} FROM webhook_deliveries WHERE ${isWanted} ORDER BY id DESC OFFSET $4::bigint LIMIT $5`,
    values: [organization_id, webhook_id, status, offset, limit],
  })
  return rows.map(nameEvent)
}

export async function countDeliveries(db: Database, { organization_id, webhook_id, status }: DeliveryFilter): Promise<number> {
  const { rows } = await db.query<{ total: number }>({
    name: 'count_deliveries',
    text: `/* countDeliveries */ SELECT count(*) AS total FROM webhook_deliveries WHERE ${isWanted}`,
    values: [organization_id, webhook_id, status],
  })
  return rows[0]!.total
}

/** Has a delivery made once more and now, whatever became of it, and though the webhook is left in peace. Null when it is not there. */
export async function redeliver(db: Database, organizationId: string, webhookId: string, deliveryId: string): Promise<WebhookDelivery | null> {
  const { rows } = await db.query<DeliveryRow>({
    name: 'redeliver',
    text: `/* redeliver */
WITH roused AS (UPDATE webhooks SET paused_until = NULL WHERE organization_id = $1 AND id = $2 RETURNING id AS roused_id)
UPDATE webhook_deliveries d SET
  status = 'pending', attempts = 0, next_attempt_at = now(), response_status = NULL, response_excerpt = NULL, error = NULL,
  duration_ms = NULL, updated_at = now()
FROM roused w
WHERE d.organization_id = $1 AND d.webhook_id = w.roused_id AND d.id = $3
RETURNING ${columns}`,
    values: [organizationId, webhookId, deliveryId],
  })
  return rows[0] ? nameEvent(rows[0]) : null
}

/** Forgets the oldest of what is older than this; gives how many it were. What somebody writes just now waits for the next time. */
export async function pruneDeliveries(db: Database, { daysMax, batch }: { daysMax: number; batch: number }): Promise<number> {
  const { rowCount } = await db.query({
    text: `/* pruneDeliveries */
DELETE FROM webhook_deliveries d
USING (
  SELECT session_id, event_sequence, webhook_id FROM webhook_deliveries
  WHERE created_at < now() - $1 * interval '1 day' ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
) old
WHERE d.session_id = old.session_id AND d.event_sequence = old.event_sequence AND d.webhook_id = old.webhook_id`,
    values: [daysMax, batch],
  })
  return rowCount ?? 0
}

function nameEvent(row: DeliveryRow): WebhookDelivery {
  return { ...row, event_id: makeEventId(row.session_id, row.event_sequence, Date.parse(row.created_at)) }
}
