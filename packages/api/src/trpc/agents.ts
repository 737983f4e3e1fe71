import { createAgentRequest } from '@reprise/contract'
import { createAgent } from '../operations/create-agent.ts'
import { getAgent, getAgentInput } from '../operations/get-agent.ts'
import { checked, procedure, router } from './procedures.ts'

export const agents = router({
  create: procedure.input(checked(createAgentRequest)).mutation(({ ctx, input }) => createAgent(ctx.services, ctx.caller, input)),
  get: procedure.input(checked(getAgentInput)).query(({ ctx, input }) => getAgent(ctx.services, ctx.caller, input)),
})
