import { newId, webhookEventTypes, type Webhook, type WebhookDelivery } from '@reprise/contract'
import { insertWebhook, listDeliveries, readWebhook, seeded } from '@reprise/store'
import type pg from 'pg'
import { expect } from 'vitest'
import { KeyRing } from '../../src/secrets/key-ring.ts'
import { makeWebhookSecret } from '../../src/webhooks/webhook-secrets.ts'

export const secretKey = new Uint8Array(32).fill(5)
export const ring = new KeyRing([secretKey])
const { organization_id } = seeded

export interface CreatedWebhook extends Webhook {
  secret: string
}

export async function createWebhook(pool: pg.Pool, url: string, changes: Partial<Pick<Webhook, 'organization_id' | 'events' | 'enabled'>> = {}): Promise<CreatedWebhook> {
  const row = { id: newId('webhook'), organization_id: changes.organization_id ?? organization_id }
  const { secret, sealed } = makeWebhookSecret(ring, row)
  const webhook = await insertWebhook(pool, { url, events: [...webhookEventTypes], enabled: true, description: null, ...changes, ...row, secrets_sealed: sealed })
  return { ...webhook!, secret }
}

export async function readLog(pool: pg.Pool, { id, organization_id: organization }: Webhook): Promise<WebhookDelivery[]> {
  return await listDeliveries(pool, { organization_id: organization, webhook_id: id, status: null }, { offset: 0, limit: 100 })
}

/** The webhook's only delivery, once it is as expected. */
export async function expectDelivery(pool: pg.Pool, webhook: Webhook, expected: Partial<WebhookDelivery>): Promise<WebhookDelivery> {
  await expect.poll(() => readLog(pool, webhook), { timeout: 20_000, interval: 20 }).toEqual([expect.objectContaining(expected)])
  return (await readLog(pool, webhook))[0]!
}

export const readBack = (pool: pg.Pool, { id }: Webhook) => readWebhook(pool, organization_id, id)
