import type { Database } from '@reprise/store'
import type { FastifyInstance } from 'fastify'
import type { ApiOptions } from '../api-options.ts'
import { Doorkeeper } from './doorkeeper.ts'

export type DoorkeeperSettings = Pick<ApiOptions, 'access' | 'key_use_period_ms'> & { db: Database }

/** The doorkeeper of a server, for as long as that is there. */
export async function startDoorkeeper(server: FastifyInstance, { db, access, key_use_period_ms }: DoorkeeperSettings): Promise<Doorkeeper> {
  const doorkeeper = new Doorkeeper({ db, log: server.log, api_key: access.api_key, ...(key_use_period_ms !== undefined && { key_use_period_ms }) })
  await doorkeeper.start()
  server.addHook('onClose', () => doorkeeper.stop())
  return doorkeeper
}
