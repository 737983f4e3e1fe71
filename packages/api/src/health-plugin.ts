import type { FastifyPluginAsync } from 'fastify'
import { startDoorkeeper, type DoorkeeperSettings } from './access/start-doorkeeper.ts'
import { registerEntrance } from './register-entrance.ts'
import { registerHealth, type HealthOptions } from './register-health.ts'

/** The doors of a process that only runs turns: it tells of its health, and answers 404 to everything else. */
export const healthPlugin: FastifyPluginAsync<HealthOptions & DoorkeeperSettings> = async (server, options) => {
  registerEntrance(server, options.access, await startDoorkeeper(server, options))
  registerHealth(server, options)
}
