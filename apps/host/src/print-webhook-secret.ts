import { keepWebhookSecret, seeded } from '@reprise/store'
import type { Config } from './config.ts'
import { useDatabase } from './use-database.ts'

/** Prints the secret that signs what webhooks get, for the place that verifies it. */
export async function printWebhookSecret(config: Config): Promise<void> {
  await useDatabase(config, 'webhook-secret', async (db) => console.log(await keepWebhookSecret(db, seeded.organization_id)))
}
