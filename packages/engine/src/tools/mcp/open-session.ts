import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { ErrorCode, isJSONRPCErrorResponse, isJSONRPCResultResponse, McpError, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import type { Readable } from 'node:stream'
import type { Compute } from '@reprise/compute'
import type { Egress } from '../../egress/egress.ts'
import { untilAborted } from '../../turn/lease.ts'
import type { Log } from '../../turn/turn-run.ts'
import { listSecrets } from './hide-secrets.ts'
import { HttpTransport } from './http-transport.ts'
import { logStderr } from './log-stderr.ts'
import { AnswerMissing } from './mcp-errors.ts'
import type { ServerSpec } from './server-spec.ts'

export interface SessionServices {
  compute: Pick<Compute, 'checkToolSchema'>
  egress: Pick<Egress, 'fetch'>
  log: Log
}

/** A session with a server, once the handshake is done. */
export interface Session {
  client: Client
  /** The server knows the session by an id, and may forget it. */
  hasId: boolean
  openedAt: number
  isClosed: boolean
  /** Requests that wait for an answer in it. */
  users: number
  /** To be closed when the last of them is done. */
  isLeft: boolean
}

interface OpenOptions {
  timeoutMs: number
  onToolsChanged(): void
  onClosed(session: Session): void
}

/** Connects, and shakes hands within the time limit. */
export async function openSession(spec: Pick<ServerSpec, 'name' | 'place'>, services: SessionServices, { timeoutMs, onToolsChanged, onClosed }: OpenOptions): Promise<Session> {
  const transport = openTransport(spec, services)
  const client = new Client({ name: 'reprise', version: '1' })
  const session: Session = { client, hasId: false, openedAt: performance.now(), isClosed: false, users: 0, isLeft: false }
  client.onclose = () => {
    session.isClosed = true
    onClosed(session)
  }
  client.setNotificationHandler(ToolListChangedNotificationSchema, onToolsChanged)
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(new AnswerMissing(`did not answer within ${timeoutMs / 1000} s`)), timeoutMs)
  try {
    await untilAborted(client.connect(transport, { timeout: timeoutMs }), limit.signal)
    hearInOrder(transport)
    session.hasId = transport instanceof HttpTransport && transport.sessionId !== undefined
    return session
  } catch (error) {
    const failure = nameEnd(session, error)
    await closeQuietly(client)
    throw failure
  } finally {
    clearTimeout(timer)
  }
}

/** That the session ended the library says by an error that a server could have sent as well. */
export function nameEnd({ isClosed }: Session, error: unknown): unknown {
  return isClosed && error instanceof McpError && error.code === ErrorCode.ConnectionClosed ? new AnswerMissing() : error
}

export async function closeQuietly(client: Client): Promise<void> {
  await client.close().catch(() => {})
}

/** The library takes up an answer at once, and what was told just before it a moment later: too late, for the call is over. */
function hearInOrder(transport: Transport): void {
  const hear = transport.onmessage
  if (!hear) return
  transport.onmessage = (message, extra) => {
    if (isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message)) queueMicrotask(() => hear(message, extra))
    else hear(message, extra)
  }
}

function openTransport({ name, place }: Pick<ServerSpec, 'name' | 'place'>, { egress, log }: SessionServices): Transport {
  if (place.kind === 'http') return new HttpTransport(egress, place)
  const { command, args, env } = place
  // The library adds PATH, HOME and the names of user, shell and terminal: nothing else of this process's environment.
  const transport = new StdioClientTransport({ command, args, env, stderr: 'pipe' })
  logStderr(transport.stderr as Readable, { log, server: name, secrets: listSecrets(place) }) // a PassThrough, as asked for by `pipe`
  return transport
}
