import type { Model } from '@reprise/contract'
import { listModels as readModels } from '@reprise/store'
import type { Caller, Services } from '../services.ts'

export async function listModels({ db }: Services, caller: Caller): Promise<Model[]> {
  return await readModels(db, caller.organization_id)
}
