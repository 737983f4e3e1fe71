import { z } from 'zod'
import { ids } from './ids.ts'

/** What a provider's server speaks. `openai_compatible`: Chat Completions, wherever its base url leads. */
export const providerTypes = ['sim', 'openai', 'anthropic', 'openai_compatible'] as const
const providerType = z.enum(providerTypes)
export type ProviderType = z.output<typeof providerType>

const name = z.string().min(1, 'must not be empty').max(128)
/** Its form is judged here; where it leads, by the server: single inward places may be open there. */
const baseUrl = z
  .string()
  .max(2048)
  .superRefine((url, context) => {
    const problem = describeBaseUrlProblem(url)
    if (problem) context.addIssue({ code: 'custom', message: problem })
  })
  .describe('Where its server is. Null: the vendor’s own address')
/** It is sent in a header. A message about it never shows it. */
const apiKey = z
  .string()
  .max(4096, 'is too long')
  .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII characters without spaces')
  .describe('Stored encrypted, and never answered: `api_key_set` says that there is one')

/** The body of `POST /v1/providers`. */
export const createProviderRequest = z
  .object({ name, provider_type: providerType, base_url: baseUrl.nullish(), api_key: apiKey.nullish() })
  .meta({ id: 'CreateProviderRequest', example: { name: 'OpenAI', provider_type: 'openai' } })
export type CreateProviderRequest = z.output<typeof createProviderRequest>

/** The body of `PATCH /v1/providers/{provider_id}`. What is absent stays; another address or type takes the key away. */
export const updateProviderRequest = z
  .object({
    name: name.optional(),
    provider_type: providerType.optional(),
    base_url: baseUrl.nullable().optional(),
    api_key: apiKey.nullable().optional(),
  })
  .meta({
    id: 'UpdateProviderRequest',
    description: 'What is absent stays as it is. Another base_url or provider_type takes the stored key away, unless the same request brings one',
  })
export type UpdateProviderRequest = z.output<typeof updateProviderRequest>

export const provider = z
  .object({
    id: ids.provider,
    organization_id: ids.organization,
    name: z.string(),
    provider_type: providerType,
    base_url: z.string().nullable(),
    api_key_set: z.boolean().describe('A key is stored, or the server’s environment gives one'),
    is_builtin: z.boolean().describe('Made by the server at its first start'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Provider', description: 'A vendor’s server, or one that speaks like it, and what is needed to talk to it' })
export type Provider = z.output<typeof provider>

function describeBaseUrlProblem(text: string): string | null {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'must be an absolute https url'
  if (url.username !== '' || url.password !== '') return 'must not contain a user name or password'
  // Paths are added behind it.
  if (/[?#]/.test(text)) return 'must not contain a query or a fragment'
  return null
}
