import type { Tool } from '../../src/tools/tool.ts'
import { createWebhookTool, type WebhookOptions } from '../../src/tools/webhook.ts'
import type { WebhookDefinition } from '../../src/tools/turn-tools.ts'
import { openEgress } from '../egress/loopback.ts'

export const signingSecret = `whsec_${Buffer.from('a secret of thirty-two bytes, yes').toString('base64')}`

/** A webhook, by default at a place that the operator allows. */
export function openWebhook(url: string, options: Partial<WebhookOptions> = {}, changes: Partial<WebhookDefinition> = {}): Tool {
  const egress = options.egress ?? openEgress({ allow: [new URL(url).host] })
  const definition: WebhookDefinition = { type: 'webhook', name: 'book', description: 'Books a table.', parameters: { type: 'object' }, url, effects: 'at_most_once', ...changes }
  return createWebhookTool(definition, { signing_secret: signingSecret, ...options, egress })
}
