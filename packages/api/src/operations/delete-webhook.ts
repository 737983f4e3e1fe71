import { AppError } from '@reprise/contract'
import { deleteWebhook as removeWebhook } from '@reprise/store'
import type { z } from 'zod'
import { requireAdmin } from '../access/require-admin.ts'
import type { Caller, Services } from '../services.ts'
import type { getWebhookInput } from './get-webhook.ts'

/** Nothing is posted to it any more, what was recorded for it included. */
export async function deleteWebhook({ db }: Services, caller: Caller, { webhook_id }: z.output<typeof getWebhookInput>): Promise<void> {
  requireAdmin(caller)
  if (!(await removeWebhook(db, caller.organization_id, webhook_id))) throw new AppError('webhook_not_found')
}
