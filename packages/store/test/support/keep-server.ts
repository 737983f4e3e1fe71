// Run as a process of its own: starts a PostgreSQL in a new temporary folder, prints its address, and removes both when its stdin
// ends. That happens however the process that wanted the server ends, a kill -9 included, so no run leaves a server behind.
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../src/embedded/index.ts'
import { makeTestFolder } from './make-test-folder.ts'

const folder = await makeTestFolder()
try {
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log: () => {}, durable: false })
  console.log(server.connectionString)
  process.stdin.resume()
  await once(process.stdin, 'close')
  await server.stop()
} finally {
  await rm(folder, { recursive: true, force: true })
}
