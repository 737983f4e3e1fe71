import { listMcpServers, listMcpServersInput } from '../operations/list-mcp-servers.ts'
import { checked, procedure, router } from './procedures.ts'

export const mcpServers = router({
  list: procedure.input(checked(listMcpServersInput)).query(({ ctx, input }) => listMcpServers(ctx.services, input)),
})
