import { AppError, ids, type WebhookDelivery } from '@reprise/contract'
import { redeliver as renewDelivery } from '@reprise/store'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { getWebhook } from './get-webhook.ts'

export const redeliverInput = z.object({ webhook_id: ids.webhook, delivery_id: ids.delivery })

/** Posts an event once more, under the same id, and again until it comes through. */
export async function redeliver(services: Services, caller: Caller, { webhook_id, delivery_id }: z.output<typeof redeliverInput>): Promise<WebhookDelivery> {
  const { enabled, organization_id } = await getWebhook(services, caller, { webhook_id })
  if (!enabled) throw new AppError('webhook_disabled', { message: 'The webhook is disabled: enable it first' })
  const delivery = await renewDelivery(services.db, organization_id, webhook_id, delivery_id)
  if (!delivery) throw new AppError('delivery_not_found')
  await services.engine.orderDueDeliveries(organization_id)
  return delivery
}
