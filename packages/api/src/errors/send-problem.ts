import { toProblem, type AppError } from '@reprise/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { toAppError } from './to-app-error.ts'

const retryAfterDefaultSeconds = 1

/** Answers a request with the problem that stopped it. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = startRefusal(error, request, reply)
  // A string, so that no route's response schema has a say in it.
  return reply.type('application/problem+json; charset=utf-8').send(JSON.stringify(toProblem(refusal, request.url)))
}

/** What every refusal has, whatever its body looks like: status and headers, and in the log what the caller must not see. */
export function startRefusal(error: unknown, request: FastifyRequest, reply: FastifyReply): AppError {
  const refusal = toAppError(error)
  if (refusal.status >= 500) logFailure(request, refusal)
  const retryAfter = chooseRetryAfter(refusal)
  if (retryAfter !== null) reply.header('retry-after', retryAfter)
  reply.code(refusal.status).header('x-request-id', request.id).header('cache-control', 'no-store')
  return refusal
}

/** Whole seconds, with every 429 and 503: whoever refused may know better than the default. */
export function chooseRetryAfter({ status, retryAfterSeconds }: AppError): number | null {
  return status === 429 || status === 503 ? (retryAfterSeconds ?? retryAfterDefaultSeconds) : null
}

/** The line that the caller's `X-Request-Id` leads to. */
export function logFailure({ log }: Pick<FastifyRequest, 'log'>, error: AppError): void {
  log.error({ err: error.cause ?? error, code: error.code, detail: error.detail }, error.message)
}
