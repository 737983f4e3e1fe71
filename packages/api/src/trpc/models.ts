import { getModel, getModelInput } from '../operations/get-model.ts'
import { listModels } from '../operations/list-models.ts'
import { checked, procedure, router } from './procedures.ts'

export const models = router({
  list: procedure.query(({ ctx }) => listModels(ctx.services, ctx.caller)),
  get: procedure.input(checked(getModelInput)).query(({ ctx, input }) => getModel(ctx.services, ctx.caller, input)),
})
