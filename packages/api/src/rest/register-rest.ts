import type { FastifyInstance } from 'fastify'
import { LoginAttempts } from '../access/login-attempts.ts'
import type { Services } from '../services.ts'
import type { EventStreams } from '../streams/event-streams.ts'
import { registerAgentCopies } from './agent-copies.ts'
import { registerAgents } from './agents.ts'
import { registerCapabilities } from './capabilities.ts'
import { registerDurable } from './durable.ts'
import { registerEvents } from './events.ts'
import { registerImages } from './images.ts'
import { registerKeys } from './keys.ts'
import { registerLogin } from './login.ts'
import { registerMcpServers } from './mcp-servers.ts'
import { registerMessages } from './messages.ts'
import { registerModels } from './models.ts'
import { registerOrganization } from './organization.ts'
import { registerProviders } from './providers.ts'
import { registerSessionCopies } from './session-copies.ts'
import { registerSchedules } from './schedules.ts'
import { registerSessions } from './sessions.ts'
import { registerToolResults } from './tool-results.ts'
import { registerWebhooks } from './webhooks.ts'

/** The documented clients are configured with a base that ends in `/api`; everybody else leaves it out. */
const prefixes = ['/v1', '/api/v1'] as const

/** What asks nobody who is calling. */
export async function registerEntries(server: FastifyInstance, services: Services): Promise<void> {
  const attempts = new LoginAttempts()
  for (const prefix of prefixes) await server.register(async (scope) => registerLogin(scope, services, attempts), { prefix })
}

export async function registerRest(server: FastifyInstance, services: Services, streams: EventStreams): Promise<void> {
  for (const prefix of prefixes) {
    await server.register(
      async (scope) => {
        registerSessions(scope, services)
        registerSessionCopies(scope, services)
        registerMessages(scope, services)
        registerToolResults(scope, services)
        registerEvents(scope, services, streams)
        registerAgents(scope, services)
        registerAgentCopies(scope, services)
        registerModels(scope, services)
        registerOrganization(scope, services)
        registerProviders(scope, services)
        registerCapabilities(scope, services)
        registerMcpServers(scope, services)
        registerImages(scope, services)
        registerDurable(scope, services)
        registerKeys(scope, services)
        registerWebhooks(scope, services)
        registerSchedules(scope, services)
      },
      { prefix },
    )
  }
}
