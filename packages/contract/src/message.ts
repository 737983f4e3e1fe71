import { z } from 'zod'
import { contentPart, contentPartInput, utf8BytesAtMost } from './content.ts'
import { ids } from './ids.ts'
import { limits } from './limits.ts'
import { turnStatus } from './turn.ts'

export const whenBusyPolicies = ['enqueue', 'steer', 'interrupt', 'rollback', 'reject'] as const
export const whenBusy = z.enum(whenBusyPolicies)
export type WhenBusy = z.output<typeof whenBusy>

export const reasoningEfforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const
export type ReasoningEffort = (typeof reasoningEfforts)[number]

export const errorDisclosure = z.enum(['none', 'generic', 'detailed'])

/** Free-form metadata of a caller, at most 16 KiB of JSON. */
export const metadata = z
  .record(z.string(), z.unknown())
  .refine((value) => utf8BytesAtMost(JSON.stringify(value), limits.metadataBytesMax), `must be at most ${limits.metadataBytesMax} bytes of JSON`)

export const tags = z.array(z.string().max(limits.tagCharactersMax)).max(limits.tagsMax)

/** Runtime controls. The documented TypeScript client spells them in camelCase; both spellings are understood. */
export const controls = z
  .object({
    model_id: ids.model.nullish().describe('Model ID to use for this message (format: model_{32-hex}). Overrides session and agent model settings.'),
    reasoning: z.object({ effort: z.enum(reasoningEfforts).nullish().describe('How long the model is to think, where it can') }).nullish(),
    locale: z.string().max(64).nullish().describe('Kept with the message'),
    hints: z.record(z.string(), z.unknown()).nullish().describe('Kept with the message'),
    error_disclosure: errorDisclosure.nullish().describe('What a turn that fails says of it: `none` only that it did, `generic` (the default) why, `detailed` the provider’s own words too'),
    when_busy: whenBusy
      .nullish()
      .describe(
        'What becomes of the message while a turn runs: `enqueue` its own turn, after those that wait; `steer` it joins the turn before its next model call; `interrupt` the turn is ended, and this one answered first; ' +
          '`rollback` the same, and the ended turn is in no later prompt; `reject` 409. Without it, as session or agent say',
      ),
    modelId: ids.model.nullish().describe('Alias of model_id'),
    errorDisclosure: errorDisclosure.nullish().describe('Alias of error_disclosure'),
    whenBusy: whenBusy.nullish().describe('Alias of when_busy'),
  })
  .transform(({ modelId, errorDisclosure, whenBusy, ...known }) => ({
    ...known,
    model_id: known.model_id ?? modelId,
    error_disclosure: known.error_disclosure ?? errorDisclosure,
    when_busy: known.when_busy ?? whenBusy,
  }))
  .meta({ id: 'Controls', description: 'Runtime controls (model, reasoning, etc.)' })
export type Controls = z.output<typeof controls>

export const externalActor = z
  .object({
    actor_id: z.string().max(256).nullish(),
    actorId: z.string().max(256).nullish(),
    actor_name: z.string().max(256).nullish(),
    actorName: z.string().max(256).nullish(),
    source: z.string().max(256).nullish(),
    metadata: z.record(z.string(), z.unknown()).nullish(),
  })
  .meta({ id: 'ExternalActor', description: 'Who wrote the message, in the words of the calling system' })

/** The body of `POST /v1/sessions/{session_id}/messages`. */
export const createMessageRequest = z
  .object({
    message: z
      .object({
        role: z.literal('user', { error: 'must be user: messages of other roles are made by the server' }).default('user'),
        content: z
          .array(contentPartInput)
          .min(1, 'must have at least one part')
          .max(limits.contentPartsMax, `must have at most ${limits.contentPartsMax} parts`)
          .describe('Array of content parts (text and image only)'),
      })
      .describe('The message to create'),
    controls: controls.nullish(),
    metadata: metadata.nullish().describe('Request-level metadata'),
    tags: tags.nullish().describe('Tags for the message'),
    external_actor: externalActor.nullish(),
    externalActor: externalActor.nullish(),
    client_message_id: z.uuid('must be a uuid').nullish().describe('An idempotency key of the client; the header Idempotency-Key says the same'),
  })
  .meta({ id: 'CreateMessageRequest', description: 'Request to create a message', example: { message: { content: [{ type: 'text', text: 'Hello!' }] } } })
export type CreateMessageRequest = z.output<typeof createMessageRequest>

export const messageRoles = ['user', 'agent', 'tool_result', 'system'] as const
export type MessageRole = (typeof messageRoles)[number]

/** `duplicate`: the same idempotency key and body came before, and this is the message stored then. */
export const deliveries = ['started', 'enqueued', 'steered', 'resumed', 'duplicate'] as const
export type Delivery = (typeof deliveries)[number]

/** A message as every route, event and procedure shows it. */
export const message = z
  .object({
    id: ids.message.describe('Unique message ID (format: message_{32-hex})'),
    session_id: ids.session,
    sequence: z.int().describe('Of the event that brought the message into the session: arrival order, unique, rising'),
    role: z.enum(messageRoles).describe('Message role'),
    content: z.array(contentPart).describe('Message content as array of content parts (text, images, tool calls, tool results)'),
    controls: z.unknown().nullable().describe('Runtime controls, as they were sent'),
    metadata: z.unknown().nullable().describe('Message-level metadata'),
    tags: z.array(z.string()),
    created_at: z.iso.datetime().describe('Timestamp when the message was created'),
    thinking: z.string().nullable().describe('Thinking content from extended thinking models'),
    thinking_signature: z.string().nullable().describe('Cryptographic signature for thinking content'),
    external_actor: z.unknown().nullable().describe('Who wrote it, as it was sent'),
    turn_id: ids.turn.nullable().describe('The turn that it belongs to'),
    delivery: z
      .enum(deliveries)
      .optional()
      .describe('Only where it is posted: `started` its turn runs; `enqueued` it waits; `steered` it joined the running turn; `resumed` it woke a turn that waited for tools; `duplicate` it was stored before'),
  })
  .meta({ id: 'Message', description: 'A message in the conversation' })
export type Message = z.output<typeof message>

/** The answer of `?wait=true`: the message, and its turn's final answer once there is one. */
export const messageWithAnswer = z
  .object({ message, answer: message.nullable(), turn_id: ids.turn, turn_status: turnStatus })
  .meta({ id: 'MessageWithAnswer' })
export type MessageWithAnswer = z.output<typeof messageWithAnswer>
