import type { RepriseClient } from '@reprise/client'

/** The vendor does not know it, as happens with a name that was mistyped. */
export const unknownModel = 'house-chat-preview'

/** By what they are for. */
export interface Models {
  house: string
  unknown: string
  simulated: string
}

/** A provider in the house, with a model that answers and one that it does not know. */
export async function addModels(client: RepriseClient, base_url: string): Promise<Models> {
  const [simulated] = await client.models.list.query()
  const { id: provider_id } = await client.providers.create.mutate({ name: 'Our own GPUs', provider_type: 'openai_compatible', base_url })
  const prices = { input: 0.4, output: 1.2, cache_read: 0.04 }
  const [house, unknown] = await Promise.all([
    client.models.create.mutate({ provider_id, model: 'house-chat', display_name: 'House chat', context_window: 128_000, supports_images: true, prices, is_default: true }),
    client.models.create.mutate({ provider_id, model: unknownModel, display_name: 'House chat, preview' }),
  ])
  return { house: house.id, unknown: unknown.id, simulated: simulated!.id }
}
