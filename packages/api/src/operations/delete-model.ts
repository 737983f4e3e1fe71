import { AppError } from '@reprise/contract'
import { deleteModel as removeModel, type ModelHolder } from '@reprise/store'
import type { z } from 'zod'
import { requireAdmin } from '../access/require-admin.ts'
import type { Caller, Services } from '../services.ts'
import type { getModelInput } from './get-model.ts'

const holderWords = {
  organization: 'it is the organization’s default: make another one the default first',
  agent: 'an agent names it. It can be disabled instead (PATCH enabled: false)',
  session: 'a session names it. It can be disabled instead (PATCH enabled: false)',
} as const satisfies Record<ModelHolder, string>

/** Turns that have begun go on with it. */
export async function deleteModel({ db }: Services, caller: Caller, { model_id }: z.output<typeof getModelInput>): Promise<void> {
  requireAdmin(caller)
  const outcome = await removeModel(db, caller.organization_id, model_id)
  if (outcome === 'not_found') throw new AppError('model_not_found')
  if (outcome !== 'deleted') throw new AppError('model_in_use', { message: `The model is in use: ${holderWords[outcome]}` })
}
