import { ids } from '@reprise/contract'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Log } from './log.ts'

const sessionParams = z.object({ session_id: ids.session })

/** Names the request's id as our logs do, and leaves the lines about a request that went its way to `logRequests`. */
export class QuietLogController extends fastify.LogController {
  constructor() {
    super({ requestIdLogLabel: 'request_id' })
  }

  override incomingRequest(): void {}
  override requestCompleted(): void {}
  override routeNotFound(): void {}
  override streamError(): void {}
}

/** One line per request, when it is over. Those that went well are at `debug`: at thousands a second they say nothing to anyone. */
export function logRequests(server: FastifyInstance, log: Log): void {
  server.addHook('onRequest', (request, reply, done) => {
    // Of the response itself: it comes for streams too, and for a request whose client did not wait for the answer.
    reply.raw.once('close', () => logRequest(request, reply, log))
    done()
  })
}

function logRequest(request: FastifyRequest, reply: FastifyReply, log: Log): void {
  const status = reply.raw.headersSent ? reply.raw.statusCode : null
  const level = chooseLevel(status)
  if (!log.isLevelEnabled(level)) return
  const { method, routeOptions, params } = request
  request.log[level](
    {
      method,
      // The pattern, not the url: what a caller puts in a query is not for the log.
      route: routeOptions.url ?? null,
      status,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      session_id: sessionParams.safeParse(params).data?.session_id,
    },
    status === null ? 'request left by its client' : 'request',
  )
}

function chooseLevel(status: number | null): 'debug' | 'info' | 'warn' {
  if (status === null) return 'info'
  if (status >= 500) return 'warn'
  return status >= 400 ? 'info' : 'debug'
}
