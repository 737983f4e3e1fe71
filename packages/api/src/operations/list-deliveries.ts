import { deliveryStatus, ids, type WebhookDelivery } from '@reprise/contract'
import { countDeliveries, listDeliveries as readDeliveries } from '@reprise/store'
import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { getWebhook } from './get-webhook.ts'
import { page, type Counted } from './page.ts'

export const deliveriesQuery = page.extend({ status: deliveryStatus.optional() })
export const listDeliveriesInput = deliveriesQuery.extend({ webhook_id: ids.webhook })

/** A webhook's deliveries, the newest first. */
export async function listDeliveries(services: Services, caller: Caller, input: z.output<typeof listDeliveriesInput>): Promise<Counted<WebhookDelivery>> {
  const { id: webhook_id, organization_id } = await getWebhook(services, caller, input)
  const { db } = services
  const filter = { organization_id, webhook_id, status: input.status ?? null }
  const [data, total] = await Promise.all([readDeliveries(db, filter, input), countDeliveries(db, filter)])
  return { data, total }
}
