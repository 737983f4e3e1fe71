import type { FastifyInstance } from 'fastify'
import type { AccessOptions } from './access/access-options.ts'
import type { Doorkeeper } from './access/doorkeeper.ts'
import { guardOrigin } from './access/guard-access.ts'
import { sendProblem } from './errors/send-problem.ts'
import { refuseUnknownRoutes } from './refuse-unknown-routes.ts'

/** What every request meets, whatever the process serves: its id, where it comes from, and problems as the contract words them. */
export function registerEntrance(server: FastifyInstance, access: AccessOptions, doorkeeper: Doorkeeper): void {
  server.setErrorHandler(sendProblem)
  refuseUnknownRoutes(server)
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  guardOrigin(server, access, doorkeeper)
}
