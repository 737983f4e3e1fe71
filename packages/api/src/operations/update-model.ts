import { AppError, ids, updateModelRequest, type Model } from '@reprise/contract'
import { setDefaultModel, updateModel as writeModel } from '@reprise/store'
import { z } from 'zod'
import { requireAdmin } from '../access/require-admin.ts'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'
import { getModel } from './get-model.ts'

export const updateModelInput = z.object({ model_id: ids.model, ...updateModelRequest.shape })

/** Changes what is given. There is always a default that can answer: another takes its place before it goes. */
export async function updateModel(services: Services, caller: Caller, { model_id, is_default, ...changes }: z.output<typeof updateModelInput>): Promise<Model> {
  requireAdmin(caller)
  const model = await getModel(services, caller, { model_id })
  const { enabled = model.enabled } = changes
  if (is_default && !enabled) throw fieldError('invalid_request', 'is_default', 'a model that is not enabled cannot answer')
  if (is_default === false && model.is_default) throw fieldError('invalid_request', 'is_default', 'set it to true for another model instead')
  if (model.is_default && !enabled) throw new AppError('model_in_use', { message: 'The model is the organization’s default: make another one the default first' })
  await writeModel(services.db, caller.organization_id, model_id, changes)
  if (is_default) await setDefaultModel(services.db, caller.organization_id, model_id)
  return await getModel(services, caller, { model_id })
}
