import { AppError, createModelRequest, ids, newId, type Model } from '@reprise/contract'
import { insertDefaultModel, insertModel } from '@reprise/store'
import { z } from 'zod'
import { requireAdmin } from '../access/require-admin.ts'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'
import { getModel } from './get-model.ts'

export const createModelInput = z.intersection(z.object({ provider_id: ids.provider }), createModelRequest)

export async function createModel(services: Services, caller: Caller, input: z.output<typeof createModelInput>): Promise<Model> {
  requireAdmin(caller)
  const { is_default, ...settings } = input
  if (is_default && !settings.enabled) throw fieldError('invalid_request', 'is_default', 'a model that is not enabled cannot answer')
  const id = newId('model')
  const insert = is_default ? insertDefaultModel : insertModel
  if (!(await insert(services.db, { ...settings, id, organization_id: caller.organization_id }))) throw new AppError('provider_not_found')
  return await getModel(services, caller, { model_id: id })
}
