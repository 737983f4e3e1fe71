import { createPool, inTransaction } from '@reprise/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../../test/database.ts'
import { Background } from '../../src/background/background.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

const log = { info() {}, warn() {}, error() {} }

test('B1, B2: an order of a committed transaction is carried out, again after a failure, and one that was rolled back is not', async () => {
  const { connectionString } = database
  const seen: object[] = []
  const done = Promise.withResolvers<void>()
  const background = new Background({
    connectionString,
    log,
    performs: true,
    duties: [
      {
        name: 'greet',
        retries: { retryLimit: 3, retryDelay: 0 },
        atOnce: 1,
        async perform(order) {
          seen.push(order)
          if (seen.length === 1) throw new Error('the first try fails')
          done.resolve()
        },
      },
    ],
  })
  const pool = createPool({ connectionString, applicationName: 'test' })
  await background.start()
  await inTransaction(pool, async (transaction) => background.order('greet', { name: 'nobody' }, { db: transaction }))
  await inTransaction(pool, async (transaction, complete) => {
    await background.order('greet', { name: 'you' }, { db: transaction })
    await complete()
  })
  await done.promise
  await background.stop()
  await pool.end()
  expect(seen).toEqual([{ name: 'you' }, { name: 'you' }])
})
