import { randomBytes } from 'node:crypto'
import type { Login, LoginRequest } from '@reprise/contract'
import { hashSecret, insertLogin } from '@reprise/store'
import type { Services } from '../services.ts'
import { describeLogin } from './describe-login.ts'

const lifetimeMs = 12 * 3_600_000
const tokenBytes = 32

export interface CreatedLogin {
  login: Login
  /** Null: nobody is asked for a key yet, so there is nothing to be logged in to. */
  token: string | null
}

/** Gives a browser a token in place of a key, which it then does not have to keep. It ends after 12 h, or with the key. */
export async function createLogin(services: Services, { api_key }: LoginRequest): Promise<CreatedLogin> {
  const { db, doorkeeper } = services
  const admitted = await doorkeeper.admitKey(api_key)
  if (await doorkeeper.openness.isOpen()) return { login: await describeLogin(services, admitted), token: null }
  const token = randomBytes(tokenBytes).toString('base64url')
  const { organization_id, key_id } = admitted.caller
  const configured_key_proof = key_id === null ? doorkeeper.proveConfiguredKey(token) : null
  await insertLogin(db, { organization_id, token_sha256: hashSecret(token), key_id, configured_key_proof, lifetime_ms: lifetimeMs })
  return { login: await describeLogin(services, await doorkeeper.admitLogin(token)), token }
}
