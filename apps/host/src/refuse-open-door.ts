import { isIP } from 'node:net'
import { hasKeys, type Database } from '@reprise/store'
import type { Config } from './config.ts'
import { StartError } from './start-error.ts'

/** Does not start where other machines could reach a server that asks nobody for a key. */
export async function refuseOpenDoor(db: Database, { host, apiKey }: Pick<Config, 'host' | 'apiKey'>): Promise<void> {
  if (apiKey !== null || isLoopback(host) || (await hasKeys(db))) return
  throw new StartError(
    `HOST is ${host}, which other machines can reach, and there is no key: anyone could use this server.\n` +
      'Make one with "reprise keys create --name Admin --scopes admin", or set REPRISE_API_KEY to a secret of your own (openssl rand -hex 24 makes one), or leave HOST at 127.0.0.1.',
  )
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
