import type { DurableHealth } from '@reprise/contract'
import { readDurableHealth } from '@reprise/store'
import { requireAdmin } from '../access/require-admin.ts'
import type { Caller, Services } from '../services.ts'

export async function getDurableHealth({ db }: Services, caller: Caller): Promise<DurableHealth> {
  requireAdmin(caller)
  return await readDurableHealth(db)
}
