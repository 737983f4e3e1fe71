import { hiddenHeaderValue, type McpServers } from '@reprise/contract'
import { sealMcpHeaders, type McpHeaders } from '@reprise/engine'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'

/** Parts what of MCP servers is shown from what is secret. Each header is kept with the url that it is meant for. */
export function keepMcpHeaders({ engine }: Services, caller: Caller, servers: McpServers | null | undefined): { mcpServers: McpServers; mcp_headers_sealed: Uint8Array | null } {
  const shown: McpServers = {}
  const secret: McpHeaders = {}
  for (const [name, { headers, ...server }] of Object.entries(servers ?? {})) {
    shown[name] = server
    if (!headers || server.url === undefined || Object.keys(headers).length === 0) continue
    if (!engine.secrets.canSeal) {
      throw fieldError('secret_key_missing', `mcpServers.${name}.headers`, 'cannot be stored: the server has no REPRISE_SECRET_KEY to encrypt them with (32 bytes, as base64 or hex)')
    }
    shown[name] = { ...server, headers: Object.fromEntries(Object.keys(headers).map((header) => [header, hiddenHeaderValue])) }
    secret[name] = { url: server.url, headers }
  }
  const hasSecret = Object.keys(secret).length > 0
  return { mcpServers: shown, mcp_headers_sealed: hasSecret ? sealMcpHeaders(engine.secrets, secret, caller.organization_id) : null }
}
