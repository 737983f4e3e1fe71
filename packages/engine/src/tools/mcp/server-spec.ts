import type { EffectsMode, McpServer } from '@reprise/contract'
import { createHash } from 'node:crypto'
import type { McpHeaders } from '../../secrets/mcp-headers.ts'

/** How a server is reached. */
export type ServerPlace =
  | { kind: 'http'; url: string; headers: Record<string, string> }
  | { kind: 'stdio'; command: string; args: string[]; env: Record<string, string> }

type Terms = Pick<McpServer, 'description' | 'timeout_ms' | 'effects' | 'requires_approval' | 'tools'>

/** A server of the operator's configuration, which alone may name a program to start. */
export type OperatorMcpServer = Terms & ({ command: string; args?: string[]; env?: Record<string, string> } | { url: string; headers?: Record<string, string> })

/** One server of one turn, with everything that it takes to use it. */
export interface ServerSpec {
  name: string
  /** The same for whoever may share a connection: never two organizations, for a server may remember in it what it was told. */
  key: string
  place: ServerPlace
  timeoutMs: number
  /** Null: each tool's own word counts. */
  effects: EffectsMode | null
  requires_approval: boolean
  isAllowed(tool: string): boolean
}

export interface SpecSources {
  organization_id: string
  operators: Readonly<Record<string, OperatorMcpServer>>
  kept: McpHeaders
}

export const timeoutMsDefault = 60_000

/** What a definition's entry stands for, or why it stands for nothing any more. */
export function resolveServer(name: string, server: McpServer, sources: SpecSources): ServerSpec | { problem: string } {
  if (server.ref !== undefined) return resolveRef(name, server, server.ref, sources)
  if (server.url === undefined) return { problem: 'has no url' }
  const kept = sources.kept[name]
  // A header goes to no other url than the one it was given with.
  const headers = kept?.url === server.url ? kept.headers : {}
  const isMissing = Object.keys(server.headers ?? {}).some((header) => headers[header] === undefined)
  if (isMissing) return { problem: 'has other headers by now than when the turn was accepted, or headers that cannot be read' }
  const place: ServerPlace = { kind: 'http', url: server.url, headers }
  return { name, key: makeKey(sources.organization_id, place), place, ...readTerms(server) }
}

function resolveRef(name: string, server: McpServer, ref: string, { organization_id, operators }: SpecSources): ServerSpec | { problem: string } {
  const found = Object.hasOwn(operators, ref) ? operators[ref] : undefined
  if (!found) return { problem: 'is not in this server’s configuration' }
  const place: ServerPlace =
    'command' in found ? { kind: 'stdio', command: found.command, args: found.args ?? [], env: found.env ?? {} } : { kind: 'http', url: found.url, headers: found.headers ?? {} }
  return { name, key: makeKey(`${organization_id} by ref ${ref}`, place), place, ...readTerms(found, server) }
}

/** Whoever names another's server may only tighten its terms. */
function readTerms(owner: Terms, request: Terms = {}): Omit<ServerSpec, 'name' | 'key' | 'place'> {
  const terms = [owner, request]
  const lists = terms.flatMap(({ tools }) => (tools ? [new Set(tools)] : []))
  return {
    timeoutMs: Math.min(owner.timeout_ms ?? timeoutMsDefault, request.timeout_ms ?? Infinity),
    effects: request.effects === 'at_most_once' ? 'at_most_once' : (owner.effects ?? null),
    requires_approval: terms.some((one) => one.requires_approval === true),
    isAllowed: (tool) => lists.every((list) => list.has(tool)),
  }
}

function makeKey(owner: string, place: ServerPlace): string {
  return createHash('sha256').update(JSON.stringify([owner, place])).digest('hex')
}
