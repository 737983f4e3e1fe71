import { apiPlugin, healthPlugin, serverOptions, type ApiOptions } from '@reprise/api'
import fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { registerConsole } from './console/register-console.ts'
import type { Role } from './config.ts'
import { finishRequests } from './finish-requests.ts'
import { logRequests, QuietLogController } from './log-requests.ts'
import type { Log } from './log.ts'

export interface ServerOptions extends Omit<ApiOptions, 'pages'> {
  /** Gives the folder of the built console; null: it could not be built. */
  builtConsole(): Promise<string | null>
}

/** The HTTP server with every route of its role, ready to listen. */
export async function createServer(log: Log, role: Role, options: ServerOptions): Promise<FastifyInstance> {
  const loggerInstance: FastifyBaseLogger = log
  const server = fastify({ ...serverOptions, loggerInstance, logController: new QuietLogController() })
  logRequests(server, log)
  finishRequests(server)
  if (role === 'worker') await server.register(healthPlugin, options)
  else await server.register(apiPlugin, { ...options, pages: async (scope) => registerConsole(scope, options.builtConsole) })
  return server
}
