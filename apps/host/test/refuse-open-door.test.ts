import { createPool, insertKey, seed, seeded } from '@reprise/store'
import type pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts'
import { refuseOpenDoor } from '../src/refuse-open-door.ts'

let database: TestDatabase
let db: pg.Pool
beforeEach(async () => {
  database = await createTestDatabase()
  db = createPool({ connectionString: database.connectionString, applicationName: 'test' })
})
afterEach(async () => {
  await db.end()
  await database.drop()
})

test.each(['0.0.0.0', '::', '192.168.0.7', 'example.com', '128.0.0.1'])('%s, which other machines can reach, needs a key: of the configuration, or any that was ever made', async (host) => {
  await expect(refuseOpenDoor(db, { host, apiKey: null })).rejects.toThrow(/reprise keys create.* REPRISE_API_KEY/)
  await refuseOpenDoor(db, { host, apiKey: 'key' })
  await seed(db)
  await insertKey(db, seeded.organization_id, { name: 'First', scopes: ['read'], expires_at: null, requests_per_minute: null })
  await db.query('UPDATE api_keys SET revoked_at = now()')
  await expect(refuseOpenDoor(db, { host, apiKey: null })).resolves.toBeUndefined()
})

test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('%s needs none', async (host) => {
  await expect(refuseOpenDoor(db, { host, apiKey: null })).resolves.toBeUndefined()
})
