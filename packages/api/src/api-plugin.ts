import cookie from '@fastify/cookie'
import type { FastifyPluginAsync } from 'fastify'
import { guardCaller } from './access/guard-access.ts'
import { registerCors } from './access/register-cors.ts'
import { startDoorkeeper } from './access/start-doorkeeper.ts'
import type { ApiOptions } from './api-options.ts'
import { registerJsonBodies } from './bodies/read-body.ts'
import { registerForms } from './bodies/read-upload.ts'
import { registerDocs } from './docs/register-docs.ts'
import { guardRequests } from './limits/guard-requests.ts'
import { Limits } from './limits/limits.ts'
import { Metrics } from './metrics/metrics.ts'
import { registerMetrics } from './metrics/register-metrics.ts'
import { refuseWhileStopping } from './refuse-while-stopping.ts'
import { registerEntrance } from './register-entrance.ts'
import { registerHealth } from './register-health.ts'
import { registerEntries, registerRest } from './rest/register-rest.ts'
import type { Services } from './services.ts'
import { EventStreams } from './streams/event-streams.ts'
import { registerTrpc } from './trpc/register-trpc.ts'

/** Every door of the server. What a request meets, in this order: where it comes from, who calls, and then its route. */
export const apiPlugin: FastifyPluginAsync<ApiOptions> = async (server, options) => {
  const { db, requests_per_minute: requests_max = null, limit_times: times = {} } = options
  const doorkeeper = await startDoorkeeper(server, options)
  const limits = new Limits({ db, requests_max, times, onError: (err) => server.log.warn({ err }, 'limits were not exchanged with other processes') })
  const services: Services = { ...options, doorkeeper, limits }
  const streams = new EventStreams(services, options.stream_times)
  // Before fastify closes the connections: a stream that is told goes without an error.
  server.addHook('preClose', () => streams.stop())
  server.addHook('onClose', () => limits.stop())
  const metrics = new Metrics({ db, countStreams: () => streams.count })
  metrics.watch(server)
  registerEntrance(server, options.access, doorkeeper)
  await registerCors(server, options.access.cors_origins)
  await server.register(cookie)

  await registerDocs(server, options.version)
  registerHealth(server, options)
  if (options.pages) await server.register(options.pages)
  await server.register(async (scope) => {
    refuseWhileStopping(scope, options.stopping)
    registerJsonBodies(scope)
    await registerEntries(scope, services)
  })
  await server.register(async (scope) => {
    refuseWhileStopping(scope, options.stopping)
    guardCaller(scope, doorkeeper)
    guardRequests(scope, limits)
    registerMetrics(scope, metrics)
    registerJsonBodies(scope)
    await registerForms(scope)
    await registerRest(scope, services, streams)
    await scope.register(async (inner) => registerTrpc(inner, services))
  })
}
