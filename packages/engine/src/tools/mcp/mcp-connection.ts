/**
 * A connection to one server, shared by all turns of this process that use it in the same way.
 *
 * M6  It is made when it is first needed, made again when it is needed after it was lost, and dropped when it is idle.
 * M7  A server that cannot be reached, or ends right after its start, is left alone for a while, longer each time.
 * M8  A session that the server has forgotten is opened anew, and the request sent again, once: a server that does not
 *     know the session has run nothing. Whether anything else is tried again is up to the tool's effects.
 * M9  Whoever waits may stop waiting; the work they share goes on for the others, within its own time limit.
 */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { untilAborted } from '../../turn/lease.ts'
import { listSecrets } from './hide-secrets.ts'
import { listTools, type ListedTool, type ToolList } from './list-tools.ts'
import { AnswerMissing, ConnectFailed } from './mcp-errors.ts'
import { closeQuietly, nameEnd, openSession, type Session, type SessionServices } from './open-session.ts'
import { callResult, type CallResult } from './read-call-result.ts'
import type { ServerSpec } from './server-spec.ts'

export interface ConnectionTimes {
  /** For the handshake, and again for the list of tools. */
  setupMsMax: number
  idleMsMax: number
  /** A list is asked for anew after that; a server that says its tools changed is believed at once. */
  listMsMax: number
  backoffMs: number
  backoffMsMax: number
}

export const connectionTimes: ConnectionTimes = { setupMsMax: 10_000, idleMsMax: 300_000, listMsMax: 300_000, backoffMs: 1_000, backoffMsMax: 30_000 }

/** A program that ends so soon after its start did not start well. */
const earlyEndMs = 10_000
const namesLoggedMax = 20

export interface ToolCall {
  name: string
  arguments: Record<string, unknown>
  idempotency_key: string
}

export interface CallOptions {
  signal: AbortSignal
  timeoutMs: number
  onProgress(progress: { progress: number; total?: number | undefined; message?: string | undefined }): void
}

export class McpConnection {
  readonly #spec: Pick<ServerSpec, 'name' | 'place'>
  readonly #services: SessionServices
  readonly #times: ConnectionTimes
  #opening: Promise<Session> | null = null
  #listing: Promise<ToolList> | null = null
  #listedUntil = 0
  #failures = 0
  #lastFailure: unknown = null
  #nextTryAt = 0
  #users = 0
  #idleTimer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(spec: Pick<ServerSpec, 'name' | 'place'>, services: SessionServices, times: ConnectionTimes) {
    this.#spec = spec
    this.#services = services
    this.#times = times
  }

  get isIdle(): boolean {
    return this.#users === 0
  }

  /** The server's tools, from its last answer where that is fresh. A failure is remembered, too, for a while. */
  async list(signal: AbortSignal): Promise<ToolList> {
    if (this.#listing && performance.now() > this.#listedUntil) this.#listing = null
    if (!this.#listing) {
      const listing = this.#use(neverAborted, (client) => this.#askForTools(client))
      this.#listing = listing
      this.#listedUntil = performance.now() + this.#times.listMsMax
      listing.catch((error: unknown) => {
        if (this.#listing === listing) this.#listedUntil = performance.now() + (error instanceof ConnectFailed ? error.waitMs : this.#holdOff(error))
      })
    }
    return await untilAborted(this.#listing, signal)
  }

  async call({ name, arguments: args, idempotency_key }: ToolCall, { signal, timeoutMs, onProgress }: CallOptions): Promise<CallResult> {
    const params = { name, arguments: args, _meta: { 'reprise/idempotency_key': idempotency_key } }
    return await this.#use(signal, (client) => client.request({ method: 'tools/call', params }, callResult, { signal, timeout: timeoutMs, onprogress: onProgress }))
  }

  /** Ends the session, if there is one. A later use opens another, unless it is for good. */
  async close({ isForGood = false } = {}): Promise<void> {
    this.#isStopped ||= isForGood
    clearTimeout(this.#idleTimer)
    const opening = this.#opening
    this.#opening = null
    this.#listing = null
    const session = await opening?.catch(() => null)
    if (session) await closeQuietly(session.client)
  }

  async #askForTools(client: Client): Promise<ToolList> {
    const { tools, without_schema } = await listTools(client, { timeoutMs: this.#times.setupMsMax, secrets: listSecrets(this.#spec.place) })
    const usable: ListedTool[] = []
    for (const tool of tools) usable.push((await this.#canCheck(tool)) ? tool : takeAnyObject(tool, without_schema))
    const named = without_schema.slice(0, namesLoggedMax)
    if (named.length > 0) this.#services.log.warn({ mcp_server: this.#spec.name, tools: named }, 'an MCP server lists tools with schemas that are of no use: they take any object')
    return { tools: usable, without_schema }
  }

  /** False for a schema that no call could be checked against: nothing would ever pass. */
  async #canCheck({ parameters }: ListedTool): Promise<boolean> {
    const checked = await this.#services.compute.checkToolSchema(parameters)
    return checked.ok || checked.refusal.code !== 'invalid_request'
  }

  async #use<T>(signal: AbortSignal, work: (client: Client) => Promise<T>): Promise<T> {
    this.#users += 1
    clearTimeout(this.#idleTimer)
    try {
      for (let isAgain = false; ; isAgain = true) {
        const opening = this.#connect()
        const session = await untilAborted(opening, signal)
        try {
          const answer = await inSession(session, work)
          this.#failures = 0
          return answer
        } catch (error) {
          if (isAgain || !isForgotten(session, error)) throw error
          if (this.#opening === opening) this.#opening = null
          session.isLeft = true
        }
      }
    } finally {
      this.#users -= 1
      if (this.#users === 0 && this.#opening) this.#idleTimer = setTimeout(() => void this.close(), this.#times.idleMsMax).unref()
    }
  }

  #connect(): Promise<Session> {
    if (this.#isStopped) return Promise.reject(new AnswerMissing('is not called any more: this server stops'))
    if (this.#opening) return this.#opening
    const waitMs = this.#nextTryAt - performance.now()
    if (waitMs > 0) return Promise.reject(new ConnectFailed(this.#lastFailure, Math.ceil(waitMs)))
    const opening = openSession(this.#spec, this.#services, {
      timeoutMs: this.#times.setupMsMax,
      onToolsChanged: () => (this.#listing = null),
      onClosed: (session) => this.#closed(session, opening),
    }).catch((error: unknown) => {
      if (this.#opening === opening) this.#opening = null
      throw new ConnectFailed(error, this.#holdOff(error))
    })
    this.#opening = opening
    return opening
  }

  #closed(session: Session, opening: Promise<Session>): void {
    // Otherwise this side has closed it.
    if (this.#opening !== opening) return
    this.#opening = null
    this.#listing = null
    if (performance.now() - session.openedAt < earlyEndMs) this.#holdOff(new AnswerMissing())
  }

  #holdOff(failure: unknown): number {
    const { backoffMs, backoffMsMax } = this.#times
    const waitMs = Math.min(backoffMs * 2 ** this.#failures, backoffMsMax)
    this.#failures += 1
    this.#lastFailure = failure
    this.#nextTryAt = performance.now() + waitMs
    return waitMs
  }
}

const neverAborted = new AbortController().signal

async function inSession<T>(session: Session, work: (client: Client) => Promise<T>): Promise<T> {
  session.users += 1
  try {
    return await work(session.client)
  } catch (error) {
    throw nameEnd(session, error)
  } finally {
    session.users -= 1
    if (session.isLeft && session.users === 0) void closeQuietly(session.client)
  }
}

/** Only 404 says so by the specification; the SDK's own examples of servers say 400. */
function isForgotten({ hasId }: Session, error: unknown): boolean {
  return hasId && error instanceof StreamableHTTPError && (error.code === 404 || error.code === 400)
}

function takeAnyObject(tool: ListedTool, without_schema: string[]): ListedTool {
  without_schema.push(tool.name)
  return { ...tool, parameters: { type: 'object' } }
}
