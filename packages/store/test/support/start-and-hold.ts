// Run as a process of its own: starts PostgreSQL on the folder in its first argument, says what it got in one line, and lives until it is killed.
import { startEmbeddedPostgres } from '../../src/embedded/index.ts'

const { connectionString, owned } = await startEmbeddedPostgres({ dataDir: process.argv[2]!, log: () => {}, durable: false })
console.log(JSON.stringify({ connectionString, owned }))
process.stdin.resume()
