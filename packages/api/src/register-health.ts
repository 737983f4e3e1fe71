import type { FastifyInstance } from 'fastify'
import type { ApiOptions } from './api-options.ts'

export type HealthOptions = Pick<ApiOptions, 'readiness' | 'version'>

/** `/healthz`: the process answers. `/readyz`: it can also do its work, so a balancer may send it requests. */
export function registerHealth(server: FastifyInstance, { readiness, version }: HealthOptions): void {
  server.get('/healthz', { schema: { hide: true } }, async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok', version }))
  server.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    const { ready, checks } = await readiness()
    return reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: ready ? 'ready' : 'not_ready', checks })
  })
}
