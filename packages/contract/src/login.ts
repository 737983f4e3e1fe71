import { z } from 'zod'
import { ids } from './ids.ts'
import { keyScopes } from './key.ts'

/** The body of `POST /v1/login`. */
export const loginRequest = z
  .object({ api_key: z.string().min(1, 'must not be empty').max(4096, 'is too long').describe('Any key that the server takes') })
  .meta({ id: 'LoginRequest' })
export type LoginRequest = z.output<typeof loginRequest>

export const login = z
  .object({
    is_required: z.boolean().describe('False: this server asks nobody for a key yet'),
    caller: z
      .object({
        organization_id: ids.organization,
        organization_name: z.string(),
        key_id: ids.key.nullable().describe('Null: the key of the server’s configuration, or none'),
        key_name: z.string().nullable(),
        scopes: z.array(z.enum(keyScopes)).describe('With all that they include'),
        is_operator: z.boolean().describe('May see and do what belongs to no organization'),
        expires_at: z.iso.datetime().nullable().describe('When the login, or the key that was sent, ends. Null: never'),
      })
      .nullable()
      .describe('Null: nobody is logged in'),
  })
  .meta({ id: 'Login' })
export type Login = z.output<typeof login>
