import { AnswerRefused } from './mcp-errors.ts'
import { connectionTimes, McpConnection, type ConnectionTimes } from './mcp-connection.ts'
import type { SessionServices } from './open-session.ts'
import type { ServerSpec } from './server-spec.ts'

const connectionsMax = 256

/** All connections of this process, the least recently used first. */
export class McpConnections {
  readonly #services: SessionServices
  readonly #times: ConnectionTimes
  readonly #connections = new Map<string, McpConnection>()
  #isStopped = false

  constructor(services: SessionServices, times: Partial<ConnectionTimes> = {}) {
    this.#services = services
    this.#times = { ...connectionTimes, ...times }
  }

  /** The connection that all who use the server in the same way share. */
  get(spec: ServerSpec): McpConnection {
    if (this.#isStopped) throw new AnswerRefused('is not called any more: this server stops')
    const connection = this.#connections.get(spec.key) ?? this.#add(spec)
    this.#connections.delete(spec.key)
    this.#connections.set(spec.key, connection)
    return connection
  }

  /** Resolves when every session is over, and no program of a server's runs any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all([...this.#connections.values()].map((connection) => connection.close({ isForGood: true })))
  }

  #add(spec: ServerSpec): McpConnection {
    if (this.#connections.size >= connectionsMax) this.#dropIdle()
    return new McpConnection(spec, this.#services, this.#times)
  }

  #dropIdle(): void {
    const found = [...this.#connections].find(([, connection]) => connection.isIdle)
    if (!found) throw new AnswerRefused(`is not called: ${connectionsMax} other servers are in use`)
    this.#connections.delete(found[0])
    void found[1].close({ isForGood: true })
  }
}
