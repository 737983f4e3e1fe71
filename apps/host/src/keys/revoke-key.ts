import { describeIdProblem } from '@reprise/contract'
import { listAllKeys, revokeKey as writeRevocation } from '@reprise/store'
import type { CommandLine } from '../command-line.ts'
import type { Config } from '../config.ts'
import { showText } from '../show-text.ts'
import { StartError } from '../start-error.ts'
import { useDatabase } from '../use-database.ts'

/** Takes from a key all that it opens. */
export async function revokeKey(config: Config, { words: [id = ''] }: CommandLine): Promise<void> {
  // Not shown: it may be the secret itself.
  if (describeIdProblem('key', id)) throw new StartError('Give the id of the key, key_ and 32 characters. "reprise keys list" shows it.')
  await useDatabase(config, 'keys revoke', async (db) => {
    const key = (await listAllKeys(db)).find((one) => one.id === id)
    if (!key) throw new StartError(`There is no key ${id}. "reprise keys list" shows those that are there.`)
    if (key.revoked_at !== null) return console.log(`${showText(key.name)} (${key.prefix}_…) was revoked before.`)
    await writeRevocation(db, key.organization_id, id)
    console.log(`${showText(key.name)} (${key.prefix}_…) is revoked: within 5 seconds it opens nothing any more.`)
  })
}
