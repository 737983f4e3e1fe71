// Writes schema.txt, the schema as the migrations make it. Run it after every new migration: `node scripts/write-schema.ts`.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { describeSchema } from '../src/describe-schema.ts'
import { migrate } from '../src/migrate.ts'
import { startTestServer } from '../test/support/start-test-server.ts'

const file = join(import.meta.dirname, '../schema.txt')

const server = await startTestServer()
try {
  await migrate({ connectionString: server.connectionString, log: console.log })
  const client = new pg.Client({ connectionString: server.connectionString })
  await client.connect()
  await writeFile(file, await describeSchema(client).finally(() => client.end()))
  console.log(`wrote ${file}`)
} finally {
  await server.remove()
}
