import type { Database, TurnDefinition } from '@reprise/store'
import type { KeyRing } from '../../secrets/key-ring.ts'
import type { Tool } from '../tool.ts'
import type { ConnectionTimes } from './mcp-connection.ts'
import type { SessionServices } from './open-session.ts'
import type { OperatorMcpServer } from './server-spec.ts'
import type { ServerTools } from './server-tools.ts'

export interface McpOptions extends SessionServices {
  db: Database
  /** Opens the headers of servers. */
  secrets: KeyRing
  /** The operator's own, by the names that `ref` says. */
  servers: Readonly<Record<string, OperatorMcpServer>>
  times?: Partial<ConnectionTimes>
}

export interface TurnOfTools {
  organization_id: string
  session_id: string
  id: string
  definition: TurnDefinition
}

/** What MCP servers give a turn. */
export interface McpToolSet {
  tools: Tool[]
  /** For a call to a server that is not there: says so, and takes for granted nothing of what the call may have done. */
  findAbsent(name: string): Tool | null
}

const none: McpToolSet = { tools: [], findAbsent: () => null }

/**
 * Gives turns the tools of their MCP servers. The protocol’s library is loaded by the first turn that has some: it takes
 * tenths of a second, which no start should wait for, and most turns have none.
 */
export class McpTools {
  readonly #options: McpOptions
  #loading: Promise<ServerTools> | null = null

  constructor(options: McpOptions) {
    this.#options = options
  }

  /** Chosen anew for every run of a turn, and kept for the whole of it. */
  async choose(turn: TurnOfTools, signal: AbortSignal): Promise<McpToolSet> {
    const { mcp_servers } = turn.definition
    if (!mcp_servers) return none
    this.#loading ??= import('./server-tools.ts').then(({ ServerTools }) => new ServerTools(this.#options))
    const serverTools = await this.#loading
    return await serverTools.choose(turn, mcp_servers, signal)
  }

  async stop(): Promise<void> {
    const serverTools = await this.#loading
    await serverTools?.stop()
  }
}
