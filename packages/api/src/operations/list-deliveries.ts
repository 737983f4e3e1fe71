import { deliveryStatus, ids, type WebhookDelivery } from '@reprise/contract'
import { countDeliveries, listDeliveries as readDeliveries } from '@reprise/store'
import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { getWebhook } from './get-webhook.ts'
import { pageInput, type Page } from './page.ts'

export const listDeliveriesInput = pageInput.extend({ webhook_id: ids.webhook, status: deliveryStatus.optional() })

/** A webhook's deliveries, the newest first. */
export async function listDeliveries(services: Services, caller: Caller, { webhook_id, status, offset, limit }: z.output<typeof listDeliveriesInput>): Promise<Page<WebhookDelivery>> {
  const { organization_id } = await getWebhook(services, caller, { webhook_id })
  const { db } = services
  const filter = { organization_id, webhook_id, status: status ?? null }
  const [data, total] = await Promise.all([readDeliveries(db, filter, { offset, limit }), countDeliveries(db, filter)])
  return { data, total, offset, limit }
}
