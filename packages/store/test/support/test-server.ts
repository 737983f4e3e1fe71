import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../src/embedded/index.ts'

export interface TestServer {
  connectionString: string
  remove(): Promise<void>
}

/** Starts a PostgreSQL that lives in a new temporary folder and leaves nothing behind. It does not survive a power cut. */
export async function startTestServer(): Promise<TestServer> {
  const folder = await makeTestFolder()
  const { connectionString, stop } = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log: () => {}, durable: false })
  return {
    connectionString,
    async remove() {
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A temporary folder that the user whom root gives the server to can enter: mkdtemp makes it private to root. */
export async function makeTestFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-test-'))
  await chmod(folder, 0o755)
  return folder
}
