import { join } from 'node:path'
import { startEmbeddedPostgres } from '@reprise/store/embedded'
import type { Config } from './config.ts'
import type { Log } from './log.ts'

export interface OpenDatabase {
  connectionString: string
  stop(): Promise<void>
}

/** The database that DATABASE_URL names, or the built-in PostgreSQL, which is started where it does not run yet. */
export async function openDatabase({ databaseUrl, dataDir }: Config, log: Log): Promise<OpenDatabase> {
  if (databaseUrl !== null) return { connectionString: databaseUrl, stop: async () => {} }
  return await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres'), log: (line) => log.debug(line) })
}
