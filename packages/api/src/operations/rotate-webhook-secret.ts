import { AppError, type WebhookWithSecret } from '@reprise/contract'
import { makeWebhookSecret, rotateWebhookSecret as makeNextSecret } from '@reprise/engine'
import { readWebhookSecrets, replaceWebhookSecrets } from '@reprise/store'
import type { z } from 'zod'
import { requireAdmin } from '../access/require-admin.ts'
import type { Caller, Services } from '../services.ts'
import { requireSealing } from './create-webhook.ts'
import type { getWebhookInput } from './get-webhook.ts'
import { retryWhileStale } from './retry-while-stale.ts'

/** For a day, the secret before signs too, so that no delivery need be refused while a receiver is told of the new one. */
export async function rotateWebhookSecret(services: Services, caller: Caller, { webhook_id }: z.output<typeof getWebhookInput>): Promise<WebhookWithSecret> {
  requireAdmin(caller)
  requireSealing(services)
  const { db, engine } = services
  const row = { organization_id: caller.organization_id, id: webhook_id }
  return await retryWhileStale('The secret is being rotated by many others', async () => {
    const before = await readWebhookSecrets(db, row.organization_id, row.id)
    if (!before) throw new AppError('webhook_not_found')
    const { secret, sealed } = engine.secrets.canOpen(before) ? makeNextSecret(engine.secrets, row, before) : makeWebhookSecret(engine.secrets, row)
    const webhook = await replaceWebhookSecrets(db, row, sealed, before)
    return webhook && { ...webhook, secret }
  })
}
