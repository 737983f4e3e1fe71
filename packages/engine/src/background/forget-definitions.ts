import { deleteUnusedDefinitions, type Database } from '@reprise/store'
import type { Duty } from './background.ts'

/** Deletes, once a night, the definitions that no turn has any more. */
export function createForgetDefinitions({ db }: { db: Database }): Duty {
  return {
    name: 'forget-definitions',
    cron: '23 3 * * *',
    retries: { retryLimit: 2, retryDelay: 600, expireInSeconds: 3_000 },
    atOnce: 1,
    lookSeconds: 300,
    async perform() {
      await deleteUnusedDefinitions(db)
    },
  }
}
