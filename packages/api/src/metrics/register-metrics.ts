import type { FastifyInstance } from 'fastify'
import { requireOperator } from '../access/require-operator.ts'
import type { Metrics } from './metrics.ts'

/** `/metrics`, for the operator's Prometheus: it counts what belongs to no single organization. */
export function registerMetrics(server: FastifyInstance, metrics: Metrics): void {
  server.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    requireOperator(request.caller)
    const { text, contentType } = await metrics.read()
    return reply.type(contentType).header('cache-control', 'no-store').send(text)
  })
}
