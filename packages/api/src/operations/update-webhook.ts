import { AppError, ids, updateWebhookRequest, type Webhook } from '@reprise/contract'
import { updateWebhook as writeWebhook } from '@reprise/store'
import { z } from 'zod'
import { requireAdmin } from '../access/require-admin.ts'
import type { Caller, Services } from '../services.ts'
import { checkWebhookUrl } from './check-webhook-url.ts'

export const updateWebhookInput = z.object({ webhook_id: ids.webhook, ...updateWebhookRequest.shape })

export async function updateWebhook(services: Services, caller: Caller, input: z.output<typeof updateWebhookInput>): Promise<Webhook> {
  requireAdmin(caller)
  const { webhook_id, url, events, enabled, description } = input
  if (url !== undefined) checkWebhookUrl(services, url)
  const { organization_id } = caller
  const webhook = await writeWebhook(services.db, { organization_id, id: webhook_id, url, events, enabled, description })
  if (!webhook) throw new AppError('webhook_not_found')
  // What has waited for it to be enabled need not wait any longer.
  if (enabled) await services.engine.orderDueDeliveries(organization_id)
  return webhook
}
