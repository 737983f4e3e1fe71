import type { FastifyInstance } from 'fastify'

/**
 * Lets requests in flight be answered before `close` cuts their connections. A message whose 201 is cut off is not lost, but its
 * sender cannot know. New requests are refused meanwhile.
 */
export function finishRequests(server: FastifyInstance): void {
  let inFlight = 0
  let whenNoneIsLeft = () => {}
  server.addHook('onRequest', (_request, reply, done) => {
    inFlight += 1
    // Of the response itself: it comes however the request ends, by its answer or with its connection.
    reply.raw.once('close', () => {
      inFlight -= 1
      if (inFlight === 0) whenNoneIsLeft()
    })
    done()
  })
  server.addHook('preClose', async () => {
    if (inFlight > 0) await new Promise<void>((resolve) => (whenNoneIsLeft = resolve))
  })
}
