import type { DurableHealth } from '@reprise/contract'
import { readDurableHealth } from '@reprise/store'
import { requireOperator } from '../access/require-operator.ts'
import type { Caller, Services } from '../services.ts'

export async function getDurableHealth({ db }: Services, caller: Caller): Promise<DurableHealth> {
  requireOperator(caller)
  return await readDurableHealth(db)
}
