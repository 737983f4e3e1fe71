import { AppError, ids, updateModelRequest, type Model } from '@reprise/contract'
import { changeModel } from '@reprise/store'
import { z } from 'zod'
import { requireAdmin } from '../access/require-admin.ts'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'
import { getModel } from './get-model.ts'

export const updateModelInput = z.object({ model_id: ids.model, ...updateModelRequest.shape })

/** Changes what is given. There is always a default that can answer: another takes its place before it goes. */
export async function updateModel(services: Services, caller: Caller, { model_id, ...changes }: z.output<typeof updateModelInput>): Promise<Model> {
  requireAdmin(caller)
  switch (await changeModel(services.db, caller.organization_id, model_id, changes)) {
    case 'changed':
      return await getModel(services, caller, { model_id })
    case 'not_found':
      throw new AppError('model_not_found')
    case 'disabled_for_default':
      throw fieldError('invalid_request', 'is_default', 'a model that is not enabled cannot answer')
    case 'default_given_up':
      throw fieldError('invalid_request', 'is_default', 'set it to true for another model instead')
    case 'default_disabled':
      throw new AppError('model_in_use', { message: 'The model is the organization’s default: make another one the default first' })
  }
}
