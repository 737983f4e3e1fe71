import { AppError, toProblem, type ErrorCode } from '@reprise/contract'
import { STATUS_CODES, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { chooseRequestId } from '../access/choose-request-id.ts'

/** What Node's HTTP parser refuses, before there is a request. */
const parserCodes: Record<string, { code: ErrorCode; message?: string }> = {
  HPE_HEADER_OVERFLOW: { code: 'headers_too_large' },
  // The connection was half closed before the whole body came.
  HPE_INVALID_EOF_STATE: { code: 'body_incomplete' },
  ERR_HTTP_REQUEST_TIMEOUT: { code: 'body_incomplete', message: 'The request did not arrive in time' },
}

/** Answers bytes that are no HTTP request with a problem, and ends the connection. */
export function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  // A socket that was reset hears nothing, and a response that has begun must not get another one into its middle.
  // Only Node's own field tells the latter, and its own handler asks it too.
  const { _httpMessage: response } = socket as Socket & { _httpMessage?: ServerResponse | null }
  if (error.code === 'ECONNRESET' || !socket.writable || response?.headersSent) {
    socket.destroy(error)
    return
  }
  const known = parserCodes[error.code ?? ''] ?? { code: 'invalid_request', message: 'This is not a valid HTTP request' }
  const refusal = new AppError(known.code, known.message ? { message: known.message } : {})
  const body = JSON.stringify(toProblem(refusal, ''))
  socket.end(
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\n` +
      `Content-Type: application/problem+json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `X-Request-Id: ${chooseRequestId({ headers: {} })}\r\nConnection: close\r\n\r\n${body}`,
    // `end` alone waits for the other side to close too.
    () => socket.destroy(),
  )
}
