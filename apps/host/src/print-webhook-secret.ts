import { createPool, keepWebhookSecret, migrate, seed, seeded } from '@reprise/store'
import type { Config } from './config.ts'
import { createLog } from './log.ts'
import { openDatabase } from './open-database.ts'

/** Prints the secret that signs what webhooks get, for the place that verifies it. */
export async function printWebhookSecret(config: Config): Promise<void> {
  const log = createLog({ ...config, logLevel: 'warn' })
  const database = await openDatabase(config, log)
  try {
    await migrate({ connectionString: database.connectionString, log: (line) => log.info(line) })
    const db = createPool({ connectionString: database.connectionString, applicationName: 'reprise webhook-secret' })
    await seed(db)
    console.log(await keepWebhookSecret(db, seeded.organization_id))
    await db.end()
  } finally {
    await database.stop()
  }
}
