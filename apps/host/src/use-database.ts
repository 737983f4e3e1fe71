import { createPool, migrate, seed, type Database, type DatabasePool } from '@reprise/store'
import type { Config } from './config.ts'
import { createLog } from './log.ts'
import { openDatabase } from './open-database.ts'

/** Does a command's work on the database, brought up to date, and leaves it as it was found: running or not. */
export async function useDatabase(config: Config, name: string, work: (db: Database & DatabasePool) => Promise<void>): Promise<void> {
  const log = createLog({ ...config, logLevel: 'warn' })
  const database = await openDatabase(config, log)
  try {
    await migrate({ connectionString: database.connectionString, log: (line) => log.info(line) })
    const db = createPool({ connectionString: database.connectionString, applicationName: `reprise ${name}` })
    try {
      await seed(db)
      await work(db)
    } finally {
      await db.end()
    }
  } finally {
    await database.stop()
  }
}
