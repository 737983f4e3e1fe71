import { AppError, newId, type WebhookTestResult } from '@reprise/contract'
import { openWebhookSecrets } from '@reprise/engine'
import { readWebhookSecrets } from '@reprise/store'
import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { getWebhook, type getWebhookInput } from './get-webhook.ts'

/** Posts a `webhook.test` once and now, whether the webhook is enabled or not, and tells what came of it. */
export async function testWebhook(services: Services, caller: Caller, input: z.output<typeof getWebhookInput>): Promise<WebhookTestResult> {
  const { id: webhook_id, organization_id, url } = await getWebhook(services, caller, input)
  const { db, engine } = services
  const sealed = await readWebhookSecrets(db, organization_id, webhook_id)
  if (!sealed) throw new AppError('webhook_not_found')
  if (!engine.secrets.canOpen(sealed)) throw new AppError('secret_key_missing', { message: 'The secret of the webhook was sealed with a REPRISE_SECRET_KEY that this server does not have: rotate it' })
  const secrets = openWebhookSecrets(engine.secrets, { organization_id, id: webhook_id }, sealed)
  const body = JSON.stringify({ type: 'webhook.test', timestamp: new Date().toISOString(), data: { webhook_id } })
  const { retry_after_ms: _, ...result } = await engine.postSigned({ url, id: newId('delivery'), body, secrets })
  return result
}
