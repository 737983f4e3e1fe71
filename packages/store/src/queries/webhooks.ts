import { limits, type Webhook } from '@reprise/contract'
import { inTransaction, type Database, type DatabasePool } from '../database.ts'
import type { Page } from './page.ts'

export interface NewWebhook extends Pick<Webhook, 'id' | 'organization_id' | 'url' | 'events' | 'enabled' | 'description'> {
  secrets_sealed: Uint8Array
}

/** What is undefined stays. */
export interface WebhookChange extends Pick<Webhook, 'id' | 'organization_id'> {
  url: string | undefined
  events: readonly string[] | undefined
  enabled: boolean | undefined
  description: string | null | undefined
}

const columns = `id, organization_id, url, events, enabled, description, disabled_reason, failing_since, created_at, updated_at`

/** Null when the organization has as many as it may have. */
export async function insertWebhook(pool: DatabasePool, webhook: NewWebhook): Promise<Webhook | null> {
  return await inTransaction(pool, async (transaction, complete) => {
    // First, and by itself: what another has just created is seen by the statement after it only.
    await transaction.query({
      text: `/* lockOrganization */ SELECT FROM organizations WHERE id = $1 FOR NO KEY UPDATE`,
      values: [webhook.organization_id],
    })
    const inserted = await insertWithin(transaction, webhook)
    await complete()
    return inserted
  })
}

async function insertWithin(db: Database, { organization_id, id, url, events, enabled, description, secrets_sealed }: NewWebhook): Promise<Webhook | null> {
  const { rows } = await db.query<Webhook>({
    name: 'insert_webhook',
    text: `/* insertWebhook */
INSERT INTO webhooks (organization_id, id, url, events, enabled, description, secrets_sealed)
SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM webhooks WHERE organization_id = $1) < $8
RETURNING ${columns}`,
    values: [organization_id, id, url, events, enabled, description, secrets_sealed, limits.webhooksMax],
  })
  return rows[0] ?? null
}

export async function listWebhooks(db: Database, organizationId: string, { offset, limit }: Page): Promise<Webhook[]> {
  const { rows } = await db.query<Webhook>({
    name: 'list_webhooks',
    text: `/* listWebhooks */ SELECT ${columns} FROM webhooks WHERE organization_id = $1 ORDER BY created_at, id OFFSET $2::bigint LIMIT $3`,
    values: [organizationId, offset, limit],
  })
  return rows
}

export async function countWebhooks(db: Database, organizationId: string): Promise<number> {
  const { rows } = await db.query<{ total: number }>({
    name: 'count_webhooks',
    text: `/* countWebhooks */ SELECT count(*) AS total FROM webhooks WHERE organization_id = $1`,
    values: [organizationId],
  })
  return rows[0]!.total
}

export async function readWebhook(db: Database, organizationId: string, webhookId: string): Promise<Webhook | null> {
  const { rows } = await db.query<Webhook>({
    name: 'read_webhook',
    text: `/* readWebhook */ SELECT ${columns} FROM webhooks WHERE organization_id = $1 AND id = $2`,
    values: [organizationId, webhookId],
  })
  return rows[0] ?? null
}

/** Enabling forgets what went wrong before. Null when it is not there. */
export async function updateWebhook(db: Database, { organization_id, id, url, events, enabled, description }: WebhookChange): Promise<Webhook | null> {
  const { rows } = await db.query<Webhook>({
    name: 'update_webhook',
    text: `/* updateWebhook */
UPDATE webhooks SET
  url = coalesce($3, url), events = coalesce($4, events), enabled = coalesce($5, enabled),
  description = CASE WHEN $6::boolean THEN $7 ELSE description END,
  disabled_reason = CASE WHEN $5::boolean IS NULL THEN disabled_reason END,
  failures = CASE WHEN $5::boolean THEN 0 ELSE failures END,
  failing_since = CASE WHEN $5::boolean THEN NULL ELSE failing_since END,
  paused_until = CASE WHEN $5::boolean THEN NULL ELSE paused_until END,
  updated_at = now()
WHERE organization_id = $1 AND id = $2
RETURNING ${columns}`,
    values: [organization_id, id, url, events, enabled, description !== undefined, description ?? null],
  })
  return rows[0] ?? null
}

/** Ends what it still had to be told: of a webhook that is not there nobody delivers anything. False when it is not there. */
export async function deleteWebhook(db: Database, organizationId: string, webhookId: string): Promise<boolean> {
  const { rows } = await db.query({
    name: 'delete_webhook',
    text: `/* deleteWebhook */
WITH deleted AS (DELETE FROM webhooks WHERE organization_id = $1 AND id = $2 RETURNING id),
pending AS MATERIALIZED (
  SELECT d.id FROM webhook_deliveries d
  WHERE d.organization_id = $1 AND d.webhook_id = (SELECT id FROM deleted) AND d.status = 'pending'
  ORDER BY d.session_id, d.event_sequence FOR UPDATE
),
ended AS (
  UPDATE webhook_deliveries d SET status = 'failed', next_attempt_at = NULL, error = 'The webhook was deleted.', updated_at = now()
  FROM pending p WHERE d.organization_id = $1 AND d.webhook_id = $2 AND d.id = p.id AND d.status = 'pending'
)
SELECT id FROM deleted`,
    values: [organizationId, webhookId],
  })
  return rows.length === 1
}

export async function readWebhookSecrets(db: Database, organizationId: string, webhookId: string): Promise<Uint8Array | null> {
  const { rows } = await db.query<{ secrets_sealed: Uint8Array }>({
    name: 'read_webhook_secrets',
    text: `/* readWebhookSecrets */ SELECT secrets_sealed FROM webhooks WHERE organization_id = $1 AND id = $2`,
    values: [organizationId, webhookId],
  })
  return rows[0]?.secrets_sealed ?? null
}

/** Null when the secrets are no longer those that were read, or the webhook is gone. */
export async function replaceWebhookSecrets(db: Database, webhook: Pick<Webhook, 'organization_id' | 'id'>, sealed: Uint8Array, replaced: Uint8Array): Promise<Webhook | null> {
  const { rows } = await db.query<Webhook>({
    name: 'replace_webhook_secrets',
    text: `/* replaceWebhookSecrets */
UPDATE webhooks SET secrets_sealed = $3, updated_at = now() WHERE organization_id = $1 AND id = $2 AND secrets_sealed = $4 RETURNING ${columns}`,
    values: [webhook.organization_id, webhook.id, sealed, replaced],
  })
  return rows[0] ?? null
}
