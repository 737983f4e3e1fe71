import { getCapability, getCapabilityInput } from '../operations/get-capability.ts'
import { listCapabilities, listCapabilitiesInput } from '../operations/list-capabilities.ts'
import { checked, procedure, router } from './procedures.ts'

export const capabilities = router({
  list: procedure.input(checked(listCapabilitiesInput)).query(({ ctx, input }) => listCapabilities(ctx.services, input)),
  get: procedure.input(checked(getCapabilityInput)).query(({ ctx, input }) => getCapability(ctx.services, input)),
})
