import { resolveResponse } from '@trpc/server/http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { chooseRetryAfter, logFailure, startRefusal } from '../errors/send-problem.ts'
import { toAppError } from '../errors/to-app-error.ts'
import { abortOnDisconnect } from '../rest/abort-on-disconnect.ts'
import type { Services } from '../services.ts'
import { appRouter } from './app-router.ts'
import { createContext } from './create-context.ts'
import { describeRefusal } from './describe-refusal.ts'

const prefix = '/trpc/'

/**
 * Mounts the router without tRPC's fastify adapter, which would parse every body on the main thread. One call is one
 * request: in a batch, one large message would hold up the others.
 */
export function registerTrpc(server: FastifyInstance, services: Services): void {
  // What is refused before tRPC sees it, such as a wrong key, must still be in words that its clients read.
  server.setErrorHandler((error, request, reply) => {
    const refusal = startRefusal(error, request, reply)
    return reply.type('application/json').send({ error: describeRefusal(refusal) })
  })

  server.route({
    method: ['GET', 'POST'],
    url: `${prefix}*`,
    schema: { hide: true },
    // Nothing here is asked for its headers alone, and what answers is no body that fastify could measure for them.
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const signal = abortOnDisconnect(reply)
      const response = await resolveResponse({
        router: appRouter,
        path: new URL(request.url, 'http://localhost').pathname.slice(prefix.length),
        req: describeRequest(request, signal),
        error: null,
        allowBatching: false,
        createContext: async () => createContext(services, request, signal),
        onError: ({ error }) => {
          const refusal = toAppError(error.cause ?? error)
          if (refusal.status >= 500 && error.code === 'INTERNAL_SERVER_ERROR') logFailure(request, refusal)
        },
        responseMeta: ({ errors }) => {
          const seconds = errors.map((error) => chooseRetryAfter(toAppError(error.cause ?? error))).find((value) => value !== null)
          return seconds === undefined ? {} : { headers: { 'retry-after': String(seconds) } }
        },
      })
      // What it refuses before it knows the procedure has no type of its own, and would go out as text.
      if (response.headers.get('content-type')?.startsWith('text/plain')) response.headers.set('content-type', 'application/json')
      return reply.send(response)
    },
  })
}

/** The request as tRPC wants it, without its body: procedures read that through their context. */
function describeRequest({ method, url, headers }: FastifyRequest, signal: AbortSignal): Request {
  const described = new Headers({ 'content-type': 'application/json' })
  for (const name of ['accept', 'last-event-id', 'trpc-accept']) {
    const value = headers[name]
    if (typeof value === 'string') described.set(name, value)
  }
  return new Request(new URL(url, 'http://localhost'), { method, headers: described, signal })
}
