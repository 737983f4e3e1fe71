import { AppError, ids, type Webhook } from '@reprise/contract'
import { readWebhook } from '@reprise/store'
import { z } from 'zod'
import { requireAdmin } from '../access/require-admin.ts'
import type { Caller, Services } from '../services.ts'

export const getWebhookInput = z.object({ webhook_id: ids.webhook })

/** Webhooks that are not there, or another organization's, are one to the caller. */
export async function getWebhook({ db }: Services, caller: Caller, { webhook_id }: z.output<typeof getWebhookInput>): Promise<Webhook> {
  requireAdmin(caller)
  const webhook = await readWebhook(db, caller.organization_id, webhook_id)
  if (!webhook) throw new AppError('webhook_not_found')
  return webhook
}
