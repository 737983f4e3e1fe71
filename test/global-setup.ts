import { randomBytes } from 'node:crypto'
import type { TestProject } from 'vitest/node'
import { ensureBuilt } from '../apps/console/build/index.ts'
import { migrate } from '../packages/store/src/migrate.ts'
import { createDatabase, databaseUrl, dropDatabases } from '../packages/store/test/support/server-databases.ts'
import { startTestServer } from '../packages/store/test/support/start-test-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The server's own database, from which test databases are created and dropped. */
    serverUrl: string
    /** Begins the name of every database of this run, so that runs that share a server do not meet. */
    databasePrefix: string
    /** How the fuzz run of the API is made; `pnpm fuzz` says otherwise. */
    fuzz?: { cases: number; seed: number; only: string; tells: boolean }
  }
}

/** What starts the host or its console. Built in the middle of a run, the console would take both cores from whatever is tested then. */
const withConsole: ReadonlySet<string> = new Set(['host', 'console', 'examples', 'client'])

/**
 * One PostgreSQL per run: the built-in one in a temporary folder, or the one that REPRISE_TEST_DATABASE_URL names (its user must be
 * allowed to create databases). The migrated template in it is what every test database is cloned from.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const givenUrl = process.env['REPRISE_TEST_DATABASE_URL']
  const server = givenUrl ? { connectionString: givenUrl, remove: async () => {} } : await startTestServer()
  const databasePrefix = `reprise_test_${randomBytes(4).toString('hex')}_`
  const tearDown = async () => {
    if (givenUrl) await dropDatabases(givenUrl, databasePrefix)
    await server.remove()
  }
  try {
    if (project.vitest.projects.some(({ name }) => withConsole.has(name))) await ensureBuilt()
    await createDatabase(server.connectionString, `${databasePrefix}template`)
    await migrate({ connectionString: databaseUrl(server.connectionString, `${databasePrefix}template`), log: () => {} })
  } catch (error) {
    await tearDown()
    throw error
  }
  project.provide('serverUrl', server.connectionString)
  project.provide('databasePrefix', databasePrefix)
  return tearDown
}
