import { createProviderRequest } from '@reprise/contract'
import { createProvider } from '../operations/create-provider.ts'
import { deleteProvider } from '../operations/delete-provider.ts'
import { getProvider, getProviderInput } from '../operations/get-provider.ts'
import { listProviders } from '../operations/list-providers.ts'
import { pageInput } from '../operations/page.ts'
import { updateProvider, updateProviderInput } from '../operations/update-provider.ts'
import { checked, procedure, router } from './procedures.ts'

export const providers = router({
  list: procedure.input(checked(pageInput)).query(({ ctx, input }) => listProviders(ctx.services, ctx.caller, input)),
  get: procedure.input(checked(getProviderInput)).query(({ ctx, input }) => getProvider(ctx.services, ctx.caller, input)),
  create: procedure.input(checked(createProviderRequest)).mutation(({ ctx, input }) => createProvider(ctx.services, ctx.caller, input)),
  update: procedure.input(checked(updateProviderInput)).mutation(({ ctx, input }) => updateProvider(ctx.services, ctx.caller, input)),
  delete: procedure.input(checked(getProviderInput)).mutation(({ ctx, input }) => deleteProvider(ctx.services, ctx.caller, input)),
})
