import { AppError, ids, type Key } from '@reprise/contract'
import { readKey } from '@reprise/store'
import { z } from 'zod'
import { requireAdmin } from '../access/require-admin.ts'
import type { Caller, Services } from '../services.ts'

export const getKeyInput = z.object({ key_id: ids.key })

/** Keys that are not there or are another organization's are one to the caller. Revoked ones are there. */
export async function getKey({ db }: Services, caller: Caller, { key_id }: z.output<typeof getKeyInput>): Promise<Key> {
  requireAdmin(caller)
  const key = await readKey(db, caller.organization_id, key_id)
  if (!key) throw new AppError('key_not_found')
  return key
}
