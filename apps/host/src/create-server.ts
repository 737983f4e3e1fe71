import { apiPlugin, serverOptions, type ApiOptions } from '@reprise/api'
import fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { finishRequests } from './finish-requests.ts'
import { logRequests, QuietLogController } from './log-requests.ts'
import type { Log } from './log.ts'

/** The HTTP server with every route, ready to listen. */
export async function createServer(log: Log, options: ApiOptions): Promise<FastifyInstance> {
  const loggerInstance: FastifyBaseLogger = log
  const server = fastify({ ...serverOptions, loggerInstance, logController: new QuietLogController() })
  logRequests(server, log)
  finishRequests(server)
  await server.register(apiPlugin, options)
  return server
}
