import { keepWebhookSecret } from '@reprise/store'
import type { CommandLine } from './command-line.ts'
import type { Config } from './config.ts'
import { findOrganization } from './organizations/find-organization.ts'
import { useDatabase } from './use-database.ts'

/** Prints the secret that signs what an organization's webhook tools get, for the place that verifies it. */
export async function printWebhookSecret(config: Config, { options: { organization } }: CommandLine): Promise<void> {
  await useDatabase(config, 'webhook-secret', async (db) => {
    const { id } = await findOrganization(db, typeof organization === 'string' ? organization : undefined)
    console.log(await keepWebhookSecret(db, id))
  })
}
