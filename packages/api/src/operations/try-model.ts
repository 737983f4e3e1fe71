import { AppError, ids, tryModelRequest, type ModelTry } from '@reprise/contract'
import { readTurnModel } from '@reprise/store'
import type { z } from 'zod'
import { requireAdmin } from '../access/require-admin.ts'
import type { Caller, Services } from '../services.ts'

export const tryModelInput = tryModelRequest.extend({ model_id: ids.model })

/** Asks a model once, enabled or not. What its provider refuses is an answer, not an error of ours. */
export async function tryModel({ db, engine }: Services, caller: Caller, { model_id, text }: z.output<typeof tryModelInput>, signal: AbortSignal): Promise<ModelTry> {
  requireAdmin(caller)
  const { organization_id } = caller
  const model = await readTurnModel(db, organization_id, model_id)
  if (!model) throw new AppError('model_not_found')
  return await engine.tryModel({ organization_id, model, text, signal })
}
