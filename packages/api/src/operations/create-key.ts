import type { KeyWithSecret, CreateKeyRequest } from '@reprise/contract'
import { insertKey } from '@reprise/store'
import { requireAdmin } from '../access/require-admin.ts'
import type { Caller, Services } from '../services.ts'
import { checkExpiry } from './check-expiry.ts'

/** Makes a key of the caller's organization. With the first of all keys the server begins to ask for one. */
export async function createKey({ db, doorkeeper }: Services, caller: Caller, request: CreateKeyRequest): Promise<KeyWithSecret> {
  requireAdmin(caller)
  checkExpiry(request.expires_at)
  const created = await insertKey(db, caller.organization_id, request)
  doorkeeper.openness.close()
  return created
}
