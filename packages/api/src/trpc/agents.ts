import { createAgentRequest } from '@reprise/contract'
import { copyAgent, copyAgentInput } from '../operations/copy-agent.ts'
import { createAgent } from '../operations/create-agent.ts'
import { deleteAgent } from '../operations/delete-agent.ts'
import { exportAgent } from '../operations/export-agent.ts'
import { getAgent, getAgentInput } from '../operations/get-agent.ts'
import { getAgentStats } from '../operations/get-agent-stats.ts'
import { importAgent, importAgentInput } from '../operations/import-agent.ts'
import { listAgents, listAgentsInput } from '../operations/list-agents.ts'
import { replaceAgent, replaceAgentInput } from '../operations/replace-agent.ts'
import { updateAgent, updateAgentInput } from '../operations/update-agent.ts'
import { checked, procedure, router } from './procedures.ts'

export const agents = router({
  list: procedure.input(checked(listAgentsInput)).query(({ ctx, input }) => listAgents(ctx.services, ctx.caller, input)),
  create: procedure.input(checked(createAgentRequest)).mutation(({ ctx, input }) => createAgent(ctx.services, ctx.caller, input)),
  get: procedure.input(checked(getAgentInput)).query(({ ctx, input }) => getAgent(ctx.services, ctx.caller, input)),
  replace: procedure.input(checked(replaceAgentInput)).mutation(({ ctx, input }) => replaceAgent(ctx.services, ctx.caller, input)),
  update: procedure.input(checked(updateAgentInput)).mutation(({ ctx, input }) => updateAgent(ctx.services, ctx.caller, input)),
  delete: procedure.input(checked(getAgentInput)).mutation(({ ctx, input }) => deleteAgent(ctx.services, ctx.caller, input)),
  import: procedure.input(checked(importAgentInput)).mutation(({ ctx, input }) => importAgent(ctx.services, ctx.caller, input)),
  export: procedure.input(checked(getAgentInput)).query(async ({ ctx, input }) => (await exportAgent(ctx.services, ctx.caller, input)).document),
  copy: procedure.input(checked(copyAgentInput)).mutation(({ ctx, input }) => copyAgent(ctx.services, ctx.caller, input)),
  stats: procedure.input(checked(getAgentInput)).query(({ ctx, input }) => getAgentStats(ctx.services, ctx.caller, input)),
})
