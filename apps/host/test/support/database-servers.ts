import { createTestDatabase, type TestDatabase } from '../../../../test/database.ts'
import type { Role } from '../../src/config.ts'
import { isAlive } from './host-folder.ts'
import { startCli, type CliProcess } from './start-cli.ts'

export interface DatabaseServer extends CliProcess {
  address: string
}

/** A database of a test's own, and the server processes that it starts there. */
export class DatabaseServers {
  readonly #database: TestDatabase
  readonly #started: CliProcess[] = []

  private constructor(database: TestDatabase) {
    this.#database = database
  }

  static async create(): Promise<DatabaseServers> {
    return new DatabaseServers(await createTestDatabase())
  }

  async start(role: Role, settings: Record<string, string> = {}): Promise<DatabaseServer> {
    const server = startCli(['serve', '--role', role], { PORT: '0', DATABASE_URL: this.#database.connectionString, ...settings })
    this.#started.push(server)
    const [, address] = await server.waitFor(/Address\s+(\S+)/)
    return { ...server, address: address! }
  }

  async remove(): Promise<void> {
    // Nobody needs what is still going on.
    for (const server of this.#started) if (await isAlive(server.pid)) server.signal('SIGKILL')
    await Promise.all(this.#started.map(({ ended }) => ended))
    await this.#database.drop()
  }
}
