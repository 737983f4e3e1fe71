import { updateOrganizationRequest } from '@reprise/contract'
import { getOrganization } from '../operations/get-organization.ts'
import { updateOrganization } from '../operations/update-organization.ts'
import { checked, procedure, router } from './procedures.ts'

export const organization = router({
  get: procedure.query(({ ctx }) => getOrganization(ctx.services, ctx.caller)),
  update: procedure.input(checked(updateOrganizationRequest)).mutation(({ ctx, input }) => updateOrganization(ctx.services, ctx.caller, input)),
})
