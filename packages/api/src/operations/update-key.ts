import { AppError, ids, updateKeyRequest, type Key } from '@reprise/contract'
import { updateKey as writeKey } from '@reprise/store'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { checkExpiry } from './check-expiry.ts'
import { getKey } from './get-key.ts'

export const updateKeyInput = z.object({ key_id: ids.key, ...updateKeyRequest.shape })

/** Holds at once in this process, and within 5 s in others. */
export async function updateKey(services: Services, caller: Caller, { key_id, ...changes }: z.output<typeof updateKeyInput>): Promise<Key> {
  await getKey(services, caller, { key_id })
  checkExpiry(changes.expires_at)
  const updated = await writeKey(services.db, caller.organization_id, key_id, changes)
  if (!updated) throw new AppError('key_revoked', { message: 'The key is revoked, and stays as it is: create another' })
  services.doorkeeper.keyHasChanged(key_id)
  return updated
}
