import { z } from 'zod'
import type { EventType } from './event.ts'
import { ids } from './ids.ts'

/** What a webhook can be told of: each of these ends a turn, or leaves it to its caller. */
export const webhookEventTypes = ['turn.completed', 'turn.failed', 'tool.call_requested', 'tool.approval_requested'] as const satisfies readonly EventType[]
const webhookEventType = z.enum(webhookEventTypes)

/** Its form is judged here; where it leads, by the server: single inward places may be open there. */
const url = z
  .string()
  .max(2048)
  .superRefine((text, context) => {
    const parsed = URL.parse(text)
    if (parsed === null || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')) context.addIssue({ code: 'custom', message: 'must be an absolute https url' })
    else if (parsed.username !== '' || parsed.password !== '') context.addIssue({ code: 'custom', message: 'must not contain a user name or password' })
  })
  .describe('Where each event is posted to. Redirects are not followed')

const events = z
  .array(webhookEventType)
  .min(1, 'must name at least one event type')
  .max(webhookEventTypes.length)
  .refine((types) => new Set(types).size === types.length, 'must name each event type once')
const description = z.string().max(1024)

/** The body of `POST /v1/webhooks`. */
export const createWebhookRequest = z
  .object({ url, events, enabled: z.boolean().default(true), description: description.nullish() })
  .meta({ id: 'CreateWebhookRequest', example: { url: 'https://hooks.example.com/reprise', events: ['turn.completed', 'turn.failed'] } })
export type CreateWebhookRequest = z.output<typeof createWebhookRequest>

/** The body of `PATCH /v1/webhooks/{webhook_id}`. What is absent stays. */
export const updateWebhookRequest = z
  .object({ url: url.optional(), events: events.optional(), enabled: z.boolean().optional(), description: description.nullable().optional() })
  .meta({ id: 'UpdateWebhookRequest', description: 'What is absent stays as it is. `enabled: true` gives a webhook that the server disabled another chance' })
export type UpdateWebhookRequest = z.output<typeof updateWebhookRequest>

export const webhook = z
  .object({
    id: ids.webhook,
    organization_id: ids.organization,
    url: z.string(),
    events: z.array(webhookEventType),
    enabled: z.boolean().describe('While it is not, no delivery is recorded for it, and those that were wait'),
    description: z.string().nullable(),
    disabled_reason: z.string().nullable().describe('Why the server disabled it. Null where it did not'),
    failing_since: z.iso.datetime().nullable().describe('When the first attempt failed of those that failed since the last success'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Webhook', description: 'Where an organization is told of what happens in its sessions' })
export type Webhook = z.output<typeof webhook>

/** Answered when the secret is made, and never again. */
export const webhookWithSecret = webhook
  .extend({ secret: z.string().describe('Signs every delivery, as Standard Webhooks says: `whsec_` and base64. Shown only now') })
  .meta({ id: 'WebhookWithSecret' })
export type WebhookWithSecret = z.output<typeof webhookWithSecret>

/** `pending`: another attempt will be made. `failed`: none will, unless it is asked for. */
export const deliveryStatuses = ['pending', 'delivered', 'failed'] as const
export const deliveryStatus = z.enum(deliveryStatuses)
export type DeliveryStatus = z.output<typeof deliveryStatus>

export const webhookDelivery = z
  .object({
    id: ids.delivery.describe('Sent as webhook-id, the same with every attempt'),
    webhook_id: ids.webhook,
    session_id: ids.session,
    event_id: ids.event,
    event_type: webhookEventType,
    event_sequence: z.int(),
    status: deliveryStatus,
    attempts: z.int().describe('Since it was recorded, or last asked for'),
    next_attempt_at: z.iso.datetime().nullable(),
    response_status: z.int().nullable().describe('Of the last attempt. Null where there was no answer'),
    response_excerpt: z.string().nullable().describe('How the answer of a failed attempt began'),
    error: z.string().nullable().describe('Why the last attempt failed'),
    duration_ms: z.int().nullable().describe('Of the last attempt'),
    created_at: z.iso.datetime().describe("The event's own time"),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'WebhookDelivery', description: 'One event that one webhook is told of' })
export type WebhookDelivery = z.output<typeof webhookDelivery>

/** What came of one attempt that was made at once, and is not in the log. */
export const webhookTestResult = z
  .object({
    delivered: z.boolean(),
    response_status: z.int().nullable(),
    response_excerpt: z.string().nullable(),
    error: z.string().nullable(),
    duration_ms: z.int(),
  })
  .meta({ id: 'WebhookTestResult' })
export type WebhookTestResult = z.output<typeof webhookTestResult>
