import { AppError } from '@reprise/contract'
import { revokeKey as writeRevocation } from '@reprise/store'
import type { z } from 'zod'
import { requireAdmin } from '../access/require-admin.ts'
import type { Caller, Services } from '../services.ts'
import type { getKeyInput } from './get-key.ts'

/** From now on the key opens nothing, nor does a login by it: at once in this process, and within 5 s in others. */
export async function revokeKey({ db, doorkeeper }: Services, caller: Caller, { key_id }: z.output<typeof getKeyInput>): Promise<void> {
  requireAdmin(caller)
  if (!(await writeRevocation(db, caller.organization_id, key_id))) throw new AppError('key_not_found')
  doorkeeper.keyHasChanged(key_id)
}
