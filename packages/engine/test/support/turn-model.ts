import type { TurnModel } from '@reprise/store'

/** A model that can do everything, of a provider that is not there. */
export function makeTurnModel(changes: Partial<TurnModel> = {}): TurnModel {
  return {
    id: 'model_a',
    model: 'm',
    provider_id: 'p',
    provider_type: 'openai',
    provider_version: 1,
    context_window: 128_000,
    max_output_tokens: null,
    supports_images: true,
    supports_tools: true,
    compaction: true,
    prices: null,
    ...changes,
  }
}
