import { hiddenHeaderValue, type McpServers } from '@reprise/contract'
import { sealSecret } from '@reprise/store'
import type { Buffer } from 'node:buffer'

/** Parts what of MCP servers is shown from what is secret. Each header is kept with the url that it is meant for. */
export function keepMcpHeaders(servers: McpServers | null | undefined): { mcpServers: McpServers; mcp_headers_sealed: Buffer | null } {
  const shown: McpServers = {}
  const secret: Record<string, { url: string; headers: Record<string, string> }> = {}
  for (const [name, { headers, ...server }] of Object.entries(servers ?? {})) {
    shown[name] = server
    if (!headers || server.url === undefined || Object.keys(headers).length === 0) continue
    shown[name] = { ...server, headers: Object.fromEntries(Object.keys(headers).map((header) => [header, hiddenHeaderValue])) }
    secret[name] = { url: server.url, headers }
  }
  return { mcpServers: shown, mcp_headers_sealed: Object.keys(secret).length > 0 ? sealSecret(JSON.stringify(secret)) : null }
}
