import { router } from './procedures.ts'
import { agents } from './agents.ts'
import { capabilities } from './capabilities.ts'
import { durable } from './durable.ts'
import { events } from './events.ts'
import { images } from './images.ts'
import { keys } from './keys.ts'
import { mcpServers } from './mcp-servers.ts'
import { messages } from './messages.ts'
import { models } from './models.ts'
import { organization } from './organization.ts'
import { providers } from './providers.ts'
import { schedules } from './schedules.ts'
import { sessions } from './sessions.ts'
import { webhooks } from './webhooks.ts'

/** The same operations as REST, with the same schemas, records and error codes. */
export const appRouter = router({ sessions, messages, events, agents, models, providers, capabilities, mcpServers, images, durable, keys, organization, webhooks, schedules })
export type AppRouter = typeof appRouter
