import { AppError, limits, newId, type CreateWebhookRequest, type WebhookWithSecret } from '@reprise/contract'
import { makeWebhookSecret } from '@reprise/engine'
import { insertWebhook } from '@reprise/store'
import { requireAdmin } from '../access/require-admin.ts'
import type { Caller, Services } from '../services.ts'
import { checkWebhookUrl } from './check-webhook-url.ts'

export async function createWebhook(services: Services, caller: Caller, request: CreateWebhookRequest): Promise<WebhookWithSecret> {
  requireAdmin(caller)
  checkWebhookUrl(services, request.url)
  requireSealing(services)
  const { url, events, enabled, description = null } = request
  const row = { organization_id: caller.organization_id, id: newId('webhook') }
  const { secret, sealed } = makeWebhookSecret(services.engine.secrets, row)
  const webhook = await insertWebhook(services.db, { ...row, url, events, enabled, description, secrets_sealed: sealed })
  if (!webhook) throw new AppError('too_many_webhooks', { message: `There are ${limits.webhooksMax} webhooks already: delete one first` })
  return { ...webhook, secret }
}

/** A webhook has a secret to sign with, which is stored encrypted or not at all. */
export function requireSealing({ engine }: Services): void {
  if (engine.secrets.canSeal) return
  throw new AppError('secret_key_missing', { message: 'The secret of a webhook cannot be stored: the server has no REPRISE_SECRET_KEY to encrypt it with (32 bytes, as base64 or hex)' })
}
