import { migrate } from '@reprise/store'
import type { Config } from './config.ts'
import { createLog } from './log.ts'
import { openDatabase } from './open-database.ts'

/** Brings the database up to date and leaves it as it was found, running or not. */
export async function migrateDatabase(config: Config): Promise<void> {
  const database = await openDatabase(config, createLog(config))
  try {
    const applied = await migrate({ connectionString: database.connectionString, log: (line) => console.log(line) })
    console.log(applied.length === 0 ? 'The database is up to date: there was nothing to do.' : 'The database is up to date.')
  } finally {
    await database.stop()
  }
}
