import { z } from 'zod'
import { ids } from './ids.ts'

export const model = z
  .object({
    id: ids.model,
    organization_id: ids.organization,
    provider_id: ids.provider,
    provider_type: z.string(),
    /** The provider's own name for the model. */
    model: z.string(),
    display_name: z.string(),
    /** Tokens that fit into one call, prompt and answer together. */
    context_window: z.int(),
    supports_images: z.boolean(),
    supports_tools: z.boolean(),
    is_default: z.boolean(),
    enabled: z.boolean(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Model' })
export type Model = z.output<typeof model>
