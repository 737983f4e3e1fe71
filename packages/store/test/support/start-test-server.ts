import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface TestServer {
  connectionString: string
  /** Resolves when the server has stopped and its folder is gone. */
  remove(): Promise<void>
}

/** Starts a PostgreSQL in a new temporary folder. It leaves nothing behind, and does not survive a power cut. */
export async function startTestServer(): Promise<TestServer> {
  // Detached, so that a Ctrl-C in the terminal leaves it the time to clean up.
  const keeper = spawn(process.execPath, [join(import.meta.dirname, 'keep-server.ts')], { stdio: ['pipe', 'pipe', 'inherit'], detached: true })
  const closed = once(keeper, 'close')
  const firstLine = once(createInterface(keeper.stdout), 'line')
  const [connectionString] = await Promise.race([
    firstLine,
    closed.then(() => {
      throw new Error('no PostgreSQL could be started for the tests: the reason stands above')
    }),
  ])
  return {
    connectionString,
    async remove() {
      keeper.stdin.end()
      await closed
    },
  }
}
