import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { cloneDatabase, createDatabase, databaseUrl, dropDatabase } from '../packages/store/test/support/server-databases.ts'

export interface TestDatabase {
  connectionString: string
  /** Ends whatever is still connected. */
  drop(): Promise<void>
}

/** A database of a test's own with the whole schema in it, cloned from the run's template in some 30 ms. */
export async function createTestDatabase(): Promise<TestDatabase> {
  return await createNamed((serverUrl, name) => cloneDatabase(serverUrl, name, `${inject('databasePrefix')}template`))
}

/** A database of a test's own with nothing in it. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return await createNamed(createDatabase)
}

async function createNamed(create: (serverUrl: string, name: string) => Promise<void>): Promise<TestDatabase> {
  const serverUrl = inject('serverUrl')
  const name = inject('databasePrefix') + randomBytes(6).toString('hex')
  await create(serverUrl, name)
  return { connectionString: databaseUrl(serverUrl, name), drop: () => dropDatabase(serverUrl, name) }
}
