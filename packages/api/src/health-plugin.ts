import cookie from '@fastify/cookie'
import type { FastifyPluginAsync } from 'fastify'
import { guardCaller } from './access/guard-access.ts'
import { startDoorkeeper, type DoorkeeperSettings } from './access/start-doorkeeper.ts'
import { Metrics } from './metrics/metrics.ts'
import { registerMetrics } from './metrics/register-metrics.ts'
import { registerEntrance } from './register-entrance.ts'
import { registerHealth, type HealthOptions } from './register-health.ts'

/** The doors of a process that only runs turns: it tells of its health and its metrics, and answers 404 to everything else. */
export const healthPlugin: FastifyPluginAsync<HealthOptions & DoorkeeperSettings> = async (server, options) => {
  const doorkeeper = await startDoorkeeper(server, options)
  const metrics = new Metrics({ db: options.db, countStreams: () => 0 })
  metrics.watch(server)
  registerEntrance(server, options.access, doorkeeper)
  await server.register(cookie)
  registerHealth(server, options)
  await server.register(async (scope) => {
    guardCaller(scope, doorkeeper)
    registerMetrics(scope, metrics)
  })
}
