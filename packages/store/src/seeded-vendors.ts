import type { ModelPrices, ProviderType } from '@reprise/contract'

/** A vendor whose key may come from the environment: its provider and model, as they are seeded. */
export interface SeededVendor {
  provider_id: string
  /** The setting that holds the key. */
  setting: string
  name: string
  model_id: string
  model: string
  display_name: string
  context_window: number
  max_output_tokens: number
  prices: ModelPrices
}

export type VendorType = Extract<ProviderType, 'openai' | 'anthropic'>

/**
 * The order is the order of preference. Names, windows and prices are those that the vendors published in November 2026;
 * the seed writes them once, from then on they are rows to be changed.
 */
export const seededVendors = {
  openai: {
    provider_id: 'provider_00000000000070008000000000000002',
    setting: 'OPENAI_API_KEY',
    name: 'OpenAI',
    model_id: 'model_00000000000070008000000000000002',
    model: 'gpt-6.1-sol',
    display_name: 'GPT-6.1 Sol',
    context_window: 1_050_000,
    max_output_tokens: 128_000,
    // Up to 272,000 tokens of input: beyond, OpenAI asks for more.
    prices: { input: 2, output: 10, cache_read: 0.1, cache_write: 2.5 },
  },
  anthropic: {
    provider_id: 'provider_00000000000070008000000000000003',
    setting: 'ANTHROPIC_API_KEY',
    name: 'Anthropic',
    model_id: 'model_00000000000070008000000000000003',
    model: 'claude-sonnet-5-5',
    display_name: 'Claude Sonnet 5.5',
    context_window: 1_000_000,
    max_output_tokens: 128_000,
    // A cache write that lasts five minutes.
    prices: { input: 2, output: 10, cache_read: 0.2, cache_write: 2.5 },
  },
} as const satisfies Record<VendorType, SeededVendor>

export const vendorTypes = Object.keys(seededVendors) as VendorType[] // the keys of the record above
