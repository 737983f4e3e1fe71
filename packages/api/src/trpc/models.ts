import { createModel, createModelInput } from '../operations/create-model.ts'
import { deleteModel } from '../operations/delete-model.ts'
import { getModel, getModelInput } from '../operations/get-model.ts'
import { listModels, listModelsInput } from '../operations/list-models.ts'
import { tryModel, tryModelInput } from '../operations/try-model.ts'
import { updateModel, updateModelInput } from '../operations/update-model.ts'
import { checked, procedure, router } from './procedures.ts'

export const models = router({
  list: procedure.input(checked(listModelsInput)).query(({ ctx, input }) => listModels(ctx.services, ctx.caller, input)),
  get: procedure.input(checked(getModelInput)).query(({ ctx, input }) => getModel(ctx.services, ctx.caller, input)),
  create: procedure.input(checked(createModelInput)).mutation(({ ctx, input }) => createModel(ctx.services, ctx.caller, input)),
  update: procedure.input(checked(updateModelInput)).mutation(({ ctx, input }) => updateModel(ctx.services, ctx.caller, input)),
  try: procedure.input(checked(tryModelInput)).mutation(({ ctx, input }) => tryModel(ctx.services, ctx.caller, input, ctx.signal)),
  delete: procedure.input(checked(getModelInput)).mutation(({ ctx, input }) => deleteModel(ctx.services, ctx.caller, input)),
})
