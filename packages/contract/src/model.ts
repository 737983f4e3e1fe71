import { z } from 'zod'
import { ids } from './ids.ts'
import { usage } from './turn.ts'

const tokensMax = 100_000_000
const contextWindowDefault = 128_000
const priceMax = 1_000_000

const price = z.number().min(0).max(priceMax).nullable()

/** What a model's tokens cost, in USD per million. */
export const modelPrices = z
  .object({
    input: price,
    output: price,
    cache_read: price.default(null).describe('Of input that the vendor had cached. Null: as much as other input'),
    cache_write: price.default(null).describe('Of input that the vendor caches with this call. Null: as much as other input'),
  })
  .meta({ id: 'ModelPrices', description: 'USD per million tokens' })
export type ModelPrices = z.output<typeof modelPrices>

const modelName = z.string().min(1, 'must not be empty').max(256).describe('The provider’s own name for the model')

const settings = {
  display_name: z.string().min(1, 'must not be empty').max(256),
  context_window: z.int().min(1).max(tokensMax).describe('Tokens that fit into one call, prompt and answer together'),
  max_output_tokens: z.int().min(1).max(tokensMax).nullable().describe('Of one answer. Null: the provider decides'),
  supports_images: z.boolean(),
  supports_tools: z.boolean(),
  prices: modelPrices.nullable().describe('Null: what it costs is not known'),
  compaction: z.boolean().describe('A prompt that is too long is made shorter; else its turn fails'),
  enabled: z.boolean(),
  is_default: z.boolean().describe('Answers where neither message, session nor agent names a model'),
}

/** The body of `POST /v1/providers/{provider_id}/models`. */
export const createModelRequest = z
  .object({
    model: modelName.optional(),
    /** Alias of model, as the documented API spells it. */
    model_id: modelName.optional(),
    display_name: settings.display_name.nullish(),
    context_window: settings.context_window.default(contextWindowDefault),
    max_output_tokens: settings.max_output_tokens.default(null),
    supports_images: settings.supports_images.default(false),
    supports_tools: settings.supports_tools.default(true),
    prices: settings.prices.default(null),
    compaction: settings.compaction.default(true),
    enabled: settings.enabled.default(true),
    is_default: settings.is_default.default(false),
  })
  .transform(({ model, model_id, display_name, ...request }, context) => {
    const name = model ?? model_id
    if (name === undefined) {
      context.addIssue({ code: 'custom', path: ['model'], message: 'must be given' })
      return z.NEVER
    }
    return { ...request, model: name, display_name: display_name ?? name }
  })
  .meta({ id: 'CreateModelRequest', example: { model: 'gpt-5', context_window: 400_000, supports_images: true } })
export type CreateModelRequest = z.output<typeof createModelRequest>

/**
 * The body of `PATCH /v1/models/{model_id}`. What is absent stays as it is. Another name is another model, with a row of
 * its own: what this one has thought must not be sent to it.
 */
export const updateModelRequest = z
  .object(settings)
  .partial()
  .meta({ id: 'UpdateModelRequest', description: 'What is absent stays as it is' })
export type UpdateModelRequest = z.output<typeof updateModelRequest>

export const model = z
  .object({
    id: ids.model,
    organization_id: ids.organization,
    provider_id: ids.provider,
    provider_type: z.string(),
    model: modelName,
    ...settings,
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Model' })
export type Model = z.output<typeof model>

const tryCharactersMax = 2_000

/** The body of `POST /v1/models/{model_id}/try`. */
export const tryModelRequest = z
  .object({ text: z.string().regex(/\S/, 'must not be empty').max(tryCharactersMax).default('Say hello in five words.').describe('What the model is asked') })
  .meta({ id: 'TryModelRequest' })
export type TryModelRequest = z.output<typeof tryModelRequest>

/** What came of asking a model once. */
export const modelTry = z
  .object({
    ok: z.boolean(),
    text: z.string().nullable().describe('The answer, or what of it came'),
    error: z.object({ kind: z.string(), message: z.string() }).nullable().describe('Why there is none, in the provider’s words'),
    duration_ms: z.int(),
    time_to_first_token_ms: z.int().nullable(),
    usage: usage.nullable(),
  })
  .meta({ id: 'ModelTry' })
export type ModelTry = z.output<typeof modelTry>
