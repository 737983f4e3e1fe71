import { AppError } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'

/** Refuses what comes when the server is about to go, in words that clients read: nothing was accepted. */
export function refuseWhileStopping(server: FastifyInstance, stopping: AbortSignal): void {
  server.addHook('onRequest', async (_request, reply) => {
    if (!stopping.aborted) return
    reply.header('connection', 'close')
    throw new AppError('shutting_down', { retryAfterSeconds: 1 })
  })
}
