import { hiddenHeaderValue, type McpServers } from '@reprise/contract'
import { fieldError } from '../errors/to-app-error.ts'
import type { Services } from '../services.ts'

/** Refuses what no turn could ever reach. */
export function checkMcpServers({ engine }: Services, servers: McpServers): void {
  for (const [name, { ref, url, headers }] of Object.entries(servers)) {
    const path = `mcpServers.${name}`
    if (ref !== undefined && !engine.mcpServers.some((server) => server.ref === ref)) {
      throw fieldError('invalid_request', `${path}.ref`, `the operator’s configuration has no MCP server ${JSON.stringify(ref)}`)
    }
    const problem = url === undefined ? null : engine.describeUrlProblem(url)
    if (problem !== null) throw fieldError('invalid_request', `${path}.url`, problem)
    for (const [header, value] of Object.entries(headers ?? {})) {
      // As answers show it: an agent that was read and is sent back would lose its secrets.
      if (value === hiddenHeaderValue) throw fieldError('invalid_request', `${path}.headers.${header}`, `${hiddenHeaderValue} stands for a value that is not shown; send the value itself`)
    }
  }
}
