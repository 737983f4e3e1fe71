import { createAgentRequest, newId, type Agent, type CreateAgentRequest, type McpServers } from '@reprise/contract'
import { openMcpHeaders } from '@reprise/engine'
import { readStoredAgent } from '@reprise/store'
import { z } from 'zod'
import { checkInput } from '../errors/accept-parsed.ts'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'
import { readAgentDocument } from './agent-document.ts'
import { createAgent } from './create-agent.ts'
import { insertNamed } from './insert-named.ts'
import { makeAgent } from './make-agent.ts'

export const importAgentInput = z.object({ document: z.string().describe('Markdown with YAML front matter, or a bare prompt') })

/**
 * Creates the agent that a document describes, or replaces the one of its name. Without a name in it, the agent gets one
 * from the prompt's first heading, and never replaces another.
 */
export async function importAgent(services: Services, caller: Caller, { document }: z.output<typeof importAgentInput>): Promise<Agent> {
  const { settings, prompt } = await readAgentDocument(services.compute, document)
  if (settings === null && prompt.trim() === '') throw fieldError('invalid_request', 'document', 'is empty')
  const isNamed = settings !== null && settings['name'] !== undefined && settings['name'] !== null
  const name = isNamed ? settings['name'] : deriveName(prompt)
  // An id is its organization's, as is whose the agent is.
  const request = checkInput(createAgentRequest, { ...shortForms(settings ?? {}), name, id: null, system_prompt: prompt })
  if (isNamed) return await createAgent(services, caller, { ...request, mcpServers: await keepHeaders(services, caller, request) })
  const { name: wanted, ...agent } = await makeAgent(services, caller, request, newId('agent'))
  return await insertNamed(services, agent, wanted)
}

/** As people write them by hand: `capabilities: [calculator]`. */
function shortForms({ capabilities, ...settings }: Record<string, unknown>): Record<string, unknown> {
  if (!Array.isArray(capabilities)) return { ...settings, capabilities }
  return { ...settings, capabilities: capabilities.map((item: unknown) => (typeof item === 'string' ? { ref: item } : item)) }
}

/** A document has no headers. Those that the agent of this name sends to the same url, from a server of the same name, stay. */
async function keepHeaders({ db, engine }: Services, caller: Caller, { name, mcpServers }: CreateAgentRequest): Promise<McpServers> {
  const servers = Object.entries(mcpServers ?? {})
  const stored = servers.length === 0 ? null : await readStoredAgent(db, caller.organization_id, name)
  const sealed = stored?.mcp_headers_sealed
  if (!sealed || !engine.secrets.canOpen(sealed)) return Object.fromEntries(servers)
  const kept = openMcpHeaders(engine.secrets, sealed, caller.organization_id)
  return Object.fromEntries(
    servers.map(([server, shown]) => {
      const own = Object.hasOwn(kept, server) ? kept[server] : undefined
      return [server, own && own.url === shown.url && !shown.headers ? { ...shown, headers: own.headers } : shown]
    }),
  )
}

/** From the first heading, as far as it can be spelled as a name. */
function deriveName(prompt: string): string {
  const heading = /^ {0,3}#{1,6}[ \t]+(.{1,200})/m.exec(prompt)?.[1] ?? ''
  const slug = heading.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').slice(0, 64).replace(/^-+|-+$/g, '')
  return slug === '' ? `agent-${newId('agent').slice(-8)}` : slug
}
