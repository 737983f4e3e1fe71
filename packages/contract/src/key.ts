import { z } from 'zod'
import { ids } from './ids.ts'
import { moment } from './moment.ts'

/**
 * What a key may do: `read` what there is; `write` messages, sessions and agents; `admin` keys, providers and settings.
 * Each includes those before it.
 */
export const keyScopes = ['read', 'write', 'admin'] as const
export type KeyScope = (typeof keyScopes)[number]

/** These scopes and all that they include. */
export function includeScopes(scopes: readonly KeyScope[]): KeyScope[] {
  const highest = Math.max(...scopes.map((scope) => keyScopes.indexOf(scope)))
  return keyScopes.slice(0, highest + 1)
}

const requestsPerMinuteMax = 1_000_000

const settings = {
  name: z.string().regex(/\S/, 'must not be empty').max(128).describe('What it is for'),
  scopes: z
    .array(z.enum(keyScopes))
    .min(1, 'must name at least one')
    .max(keyScopes.length)
    .describe('`read`: every GET. `write`: messages, sessions and agents too, and includes `read`. `admin`: keys, providers and settings too, and includes both'),
  expires_at: moment('2027-01-31T12:00:00Z').nullable().describe('Null: never'),
  requests_per_minute: z.int().min(1).max(requestsPerMinuteMax).nullable().describe('Null: no limit of its own'),
}

/** The body of `POST /v1/keys`. */
export const createKeyRequest = z
  .object({
    name: settings.name,
    scopes: settings.scopes.default(['read', 'write']),
    expires_at: settings.expires_at.default(null),
    requests_per_minute: settings.requests_per_minute.default(null),
  })
  .meta({ id: 'CreateKeyRequest' })
export type CreateKeyRequest = z.output<typeof createKeyRequest>

/** The body of `PATCH /v1/keys/{key_id}`. */
export const updateKeyRequest = z.object(settings).partial().meta({ id: 'UpdateKeyRequest', description: 'What is absent stays as it is' })
export type UpdateKeyRequest = z.output<typeof updateKeyRequest>

export const key = z
  .object({
    id: ids.key,
    organization_id: ids.organization,
    prefix: z.string().describe('What the key begins with, to tell it by: `rk_` and 8 characters'),
    ...settings,
    revoked_at: z.iso.datetime().nullable().describe('From then on it opens nothing'),
    last_used_at: z.iso.datetime().nullable().describe('Within a minute. Null: never'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Key' })
export type Key = z.output<typeof key>

export const keyWithSecret = key
  .extend({ secret: z.string().describe('The key itself, for the header `Authorization`. It is answered this once, and stored as a hash alone') })
  .meta({ id: 'KeyWithSecret' })
export type KeyWithSecret = z.output<typeof keyWithSecret>
