import type { McpServerRef } from '@reprise/contract'
import { timeoutMsDefault, type OperatorMcpServer } from './server-spec.ts'

/** The operator's servers as anybody may see them: no argument, no environment, no header, and of a url its host alone. */
export function listServerRefs(operators: Readonly<Record<string, OperatorMcpServer>>): McpServerRef[] {
  return Object.entries(operators).map(([ref, server]) => ({
    ref,
    description: server.description ?? null,
    transport: 'command' in server ? 'stdio' : 'streamable_http',
    host: 'command' in server ? null : new URL(server.url).host,
    timeout_ms: server.timeout_ms ?? timeoutMsDefault,
    effects: server.effects ?? null,
    requires_approval: server.requires_approval ?? false,
    tools: server.tools ?? null,
  }))
}
