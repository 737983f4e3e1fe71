import type { KeyRing } from './key-ring.ts'

/** The headers of MCP servers by the servers' names, each with the url that it is meant for. */
export type McpHeaders = Record<string, { url: string; headers: Record<string, string> }>

/** Sealed for their organization; within it, each goes to its own url alone, whatever row it stands in. */
export function sealMcpHeaders(ring: KeyRing, headers: McpHeaders, organizationId: string): Uint8Array {
  return ring.seal(JSON.stringify(headers), mcpBelongings(organizationId))
}

/** Throws SealBroken for what was sealed elsewhere, for another organization, or changed. */
export function openMcpHeaders(ring: KeyRing, sealed: Uint8Array, organizationId: string): McpHeaders {
  return JSON.parse(ring.open(sealed, mcpBelongings(organizationId))) as McpHeaders // only `sealMcpHeaders` seals for this
}

export function mcpBelongings(organizationId: string): string[] {
  return ['mcp headers', organizationId]
}
