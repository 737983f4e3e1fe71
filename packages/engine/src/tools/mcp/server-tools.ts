import type { McpServers } from '@reprise/contract'
import { readMcpHeaders, type Database } from '@reprise/store'
import { SealBroken, type KeyRing } from '../../secrets/key-ring.ts'
import { openMcpHeaders, type McpHeaders } from '../../secrets/mcp-headers.ts'
import type { Log } from '../../turn/turn-run.ts'
import type { Tool } from '../tool.ts'
import { listSecrets } from './hide-secrets.ts'
import { makeTool } from './make-tool.ts'
import { McpConnections } from './mcp-connections.ts'
import { readMcpError } from './mcp-errors.ts'
import type { McpOptions, McpToolSet, TurnOfTools } from './mcp-tools.ts'
import { nameByHash, nameTool } from './name-tool.ts'
import { resolveServer, type ServerSpec } from './server-spec.ts'

/** Lists and names the tools of a turn's servers. A server that is not there when a turn starts is left out of it. */
export class ServerTools {
  readonly #db: Database
  readonly #secrets: KeyRing
  readonly #log: Log
  readonly #servers: McpOptions['servers']
  readonly #connections: McpConnections

  constructor({ db, secrets, servers, times, ...services }: McpOptions) {
    this.#db = db
    this.#secrets = secrets
    this.#log = services.log
    this.#servers = servers
    this.#connections = new McpConnections(services, times)
  }

  async choose(turn: TurnOfTools, servers: McpServers, signal: AbortSignal): Promise<McpToolSet> {
    const kept = Object.values(servers).some((server) => server.headers) ? await this.#readHeaders(turn) : {}
    const sources = { organization_id: turn.organization_id, operators: this.#servers, kept }
    const absent = new Map<string, string>()
    const lists = await Promise.all(
      Object.entries(servers).map(async ([name, server]) => {
        const spec = resolveServer(name, server, sources)
        const listed = 'problem' in spec ? spec : await this.#list(spec, signal)
        if (!('problem' in listed)) return listed
        absent.set(name, listed.problem)
        this.#log.warn({ mcp_server: name, turn_id: turn.id, session_id: turn.session_id, problem: listed.problem }, 'a turn goes on without an MCP server')
        return []
      }),
    )
    return { tools: nameAll(lists.flat()), findAbsent: (name) => findAbsent(absent, name) }
  }

  async stop(): Promise<void> {
    await this.#connections.stop()
  }

  async #list(spec: ServerSpec, signal: AbortSignal): Promise<Named[] | { problem: string }> {
    try {
      const { tools } = await this.#connections.get(spec).list(signal)
      const make = (name: string, tool: (typeof tools)[number]) => makeTool(name, tool, spec, () => this.#connections.get(spec))
      return tools.filter(({ name }) => spec.isAllowed(name)).map((tool) => ({ server: spec.name, tool: tool.name, make: (name) => make(name, tool) }))
    } catch (error) {
      if (signal.aborted) return { problem: 'was not waited for: the turn ends' }
      return { problem: readMcpError(error, listSecrets(spec.place)).message }
    }
  }

  async #readHeaders({ organization_id, session_id }: TurnOfTools): Promise<McpHeaders> {
    const sealed = await readMcpHeaders(this.#db, organization_id, session_id)
    try {
      return sealed ? openMcpHeaders(this.#secrets, sealed, organization_id) : {}
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error
      // Their servers are left out, like those that are away: the turn goes on.
      this.#log.error({ err: error, session_id }, 'the headers of MCP servers cannot be read; is REPRISE_SECRET_KEY the one that they were stored with?')
      return {}
    }
  }
}

interface Named {
  server: string
  tool: string
  make(name: string): Tool
}

function nameAll(named: readonly Named[]): Tool[] {
  const tools = new Map<string, Tool>()
  for (const { server, tool, make } of named) {
    const plain = nameTool(server, tool)
    const name = tools.has(plain) ? nameByHash(server, tool) : plain
    tools.set(name, make(name))
  }
  return [...tools.values()]
}

function findAbsent(absent: ReadonlyMap<string, string>, name: string): Tool | null {
  const [server, problem] = [...absent].find(([candidate]) => name.startsWith(`${candidate}__`)) ?? []
  if (server === undefined) return null
  const error = `The MCP server ${server} was not there when the turn started: it ${problem}.`
  return { name, description: '', parameters: {}, effects: 'at_most_once', run: async () => ({ ok: false, error }) }
}
