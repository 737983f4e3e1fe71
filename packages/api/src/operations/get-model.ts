import { AppError, ids, type Model } from '@reprise/contract'
import { readModel } from '@reprise/store'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'

export const getModelInput = z.object({ model_id: ids.model })

export async function getModel({ db }: Services, caller: Caller, { model_id }: z.output<typeof getModelInput>): Promise<Model> {
  const model = await readModel(db, caller.organization_id, model_id)
  if (!model) throw new AppError('model_not_found')
  return model
}
