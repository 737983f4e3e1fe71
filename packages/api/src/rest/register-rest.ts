import type { FastifyInstance } from 'fastify'
import type { Services } from '../services.ts'
import type { EventStreams } from '../streams/event-streams.ts'
import { registerAgents } from './agents.ts'
import { registerCapabilities } from './capabilities.ts'
import { registerDurable } from './durable.ts'
import { registerEvents } from './events.ts'
import { registerImages } from './images.ts'
import { registerMessages } from './messages.ts'
import { registerModels } from './models.ts'
import { registerProviders } from './providers.ts'
import { registerSchedules } from './schedules.ts'
import { registerSessions } from './sessions.ts'
import { registerToolResults } from './tool-results.ts'

/** The documented clients are configured with a base that ends in `/api`; everybody else leaves it out. */
const prefixes = ['/v1', '/api/v1'] as const

export async function registerRest(server: FastifyInstance, services: Services, streams: EventStreams): Promise<void> {
  for (const prefix of prefixes) {
    await server.register(
      async (scope) => {
        registerSessions(scope, services)
        registerMessages(scope, services)
        registerToolResults(scope, services)
        registerEvents(scope, services, streams)
        registerAgents(scope, services)
        registerModels(scope, services)
        registerProviders(scope, services)
        registerCapabilities(scope, services)
        registerImages(scope, services)
        registerDurable(scope, services)
        registerSchedules(scope, services)
      },
      { prefix },
    )
  }
}
