import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js'
import { z } from 'zod'
import { EgressFault, findErrorCode, findRefusal } from '../../egress/egress-errors.ts'
import { hideAndCut, hideInText } from './hide-secrets.ts'

/** The stream or process ended before it had answered. */
export class AnswerMissing extends Error {
  override name = 'AnswerMissing'

  constructor(message = 'ended the connection before it had answered') {
    super(message)
  }
}

/** The server answered with more than is taken of it, or with what cannot be used. */
export class AnswerRefused extends Error {
  override name = 'AnswerRefused'
}

/** No session with the server came about: certainly no tool has run. */
export class ConnectFailed extends Error {
  override name = 'ConnectFailed'
  /** It is not tried again before that. */
  readonly waitMs: number

  constructor(cause: unknown, waitMs: number) {
    super('no session with the server came about', { cause })
    this.waitMs = waitMs
  }
}

export interface McpProblem {
  /** Goes on after the server's name. What the server itself said is in it only where it answered the call. */
  message: string
  /** The server has answered, with an error: the call is done. */
  isAnswer: boolean
  retryable: boolean
  mayHaveRun: boolean
  retry_after_ms?: number
}

const wordsMax = 1_000
/** Nothing was sent yet when these came. */
const unsentCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT', 'EACCES', 'UND_ERR_CONNECT_TIMEOUT', 'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** What an error of a connection or a call means to whoever runs the tool, without the secrets that the server was given. */
export function readMcpError(error: unknown, secrets: readonly string[]): McpProblem {
  const problem = judgeError(error, secrets)
  return { ...problem, message: hideInText(problem.message, secrets) }
}

function judgeError(error: unknown, secrets: readonly string[]): McpProblem {
  if (error instanceof ConnectFailed) {
    const { message, isAnswer } = judgeError(error.cause, secrets)
    return { message, isAnswer, retryable: !isAnswer, mayHaveRun: false, retry_after_ms: error.waitMs }
  }
  const refusal = findRefusal(error)
  if (refusal) return settled(`is not called. ${refusal.message}`)
  if (error instanceof AnswerRefused) return settled(error.message)
  if (error instanceof EgressFault) return settled(`gave an answer that cannot be taken: ${error.message}`)
  if (error instanceof AnswerMissing) return broken(error.message)
  if (error instanceof StreamableHTTPError) return readStatus(error.code ?? -1)
  if (error instanceof McpError) return readProtocolError(error, secrets)
  if (error instanceof z.core.$ZodError || error instanceof SyntaxError) return settled('answered with something that is not a result')
  if (error instanceof Error && error.message.startsWith("Server's protocol version")) return settled('speaks a version of the protocol that is not supported')
  const code = findErrorCode(error)
  const mayHaveRun = code === null || !unsentCodes.has(code)
  return { ...broken(`${mayHaveRun ? 'broke the connection' : 'cannot be connected to'}${code === null ? '' : ` (${code})`}`), mayHaveRun }
}

function readStatus(status: number): McpProblem {
  if (status === 401 || status === 403) {
    return settled(`asks for authorization (${status}). OAuth is not supported: give the server a header, such as Authorization, that lets it in`)
  }
  if (status >= 300 && status < 400) return settled(`redirects elsewhere (${status}), which is not followed`)
  if (status === 429) return { ...broken('answered 429: it wants fewer requests'), mayHaveRun: false }
  if (status >= 500) return broken(`answered ${status}`)
  return settled(status < 0 ? 'answered neither with JSON nor with an event stream' : `answered ${status}`)
}

function readProtocolError({ code, message, data }: McpError, secrets: readonly string[]): McpProblem {
  const isTimeout = code === ErrorCode.RequestTimeout && typeof data === 'object' && data !== null && 'timeout' in data
  // Not tried again: so long once is what the limit is for.
  if (isTimeout) return { ...broken(`did not answer within ${Number(data.timeout) / 1000} s`), retryable: false }
  return settled(`answered with an error: ${hideAndCut(message.replace(/^MCP error -?\d+: /, ''), secrets, wordsMax)}`)
}

function settled(message: string): McpProblem {
  return { message, isAnswer: true, retryable: false, mayHaveRun: true }
}

function broken(message: string): McpProblem {
  return { message, isAnswer: false, retryable: true, mayHaveRun: true }
}
