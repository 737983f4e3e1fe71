import { createPool, inTransaction } from '@reprise/store'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../../../../test/database.ts'
import { Background, type BackgroundOptions, type Duty } from '../../src/background/background.ts'

let database: TestDatabase
const started: Background[] = []
beforeEach(async () => {
  database = await createTestDatabase()
})
afterEach(async () => {
  await Promise.all(started.splice(0).map((background) => background.stop()))
  await database.drop()
})

const log = { info() {}, warn() {}, error() {} }
const retries = { retryLimit: 3, retryDelay: 0 }

function open(duty: Partial<Duty>, options: Partial<BackgroundOptions> = {}): Background {
  const { connectionString } = database
  const duties = [{ name: 'greet', retries, atOnce: 1, perform: async () => {}, ...duty }]
  const background = new Background({ connectionString, log, performs: true, duties, ...options })
  started.push(background)
  return background
}

test('B1, B2: an order of a committed transaction is carried out, again after a failure, and one that was rolled back is not', async () => {
  const seen: object[] = []
  const done = Promise.withResolvers<void>()
  const background = open({
    async perform(order) {
      seen.push(order)
      if (seen.length === 1) throw new Error('the first try fails')
      done.resolve()
    },
  })
  const pool = createPool({ connectionString: database.connectionString, applicationName: 'test' })
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

test('B2: an order that its process did not finish is carried out by another, and stopping waits for nobody who listens', async () => {
  const begun = Promise.withResolvers<void>()
  const done = Promise.withResolvers<object>()
  const first = open({
    async perform(_order, signal) {
      begun.resolve()
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    },
  })
  await first.order('greet', { name: 'you' })
  await begun.promise
  await first.stop()
  const second = open({ perform: async (order) => done.resolve(order) })
  await second.start()
  expect(await done.promise).toEqual({ name: 'you' })
})

test('starts in several processes at once on a database that has nothing of it yet', async () => {
  const empty = await createEmptyDatabase()
  const backgrounds = Array.from({ length: 4 }, () => open({ cron: '* * * * *' }, { connectionString: empty.connectionString }))
  expect(await Promise.all(backgrounds.map((background) => background.isReady()))).toEqual([true, true, true, true])
  await Promise.all(backgrounds.map((background) => background.stop()))
  await empty.drop()
})

test('B4: many orders at once are carried out one after the other, as many at a time as the duty says', async () => {
  const orders = 40
  let running = 0
  let most = 0
  const seen = new Set<number>()
  const done = Promise.withResolvers<void>()
  // Found by looking alone, as orders are that were sent for later.
  const background = open({
    atOnce: 4,
    lookSeconds: 1,
    async perform(order) {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
      seen.add((order as { n: number }).n)
      if (seen.size === orders) done.resolve()
    },
  })
  await background.start()
  const soon = new Date(Date.now() + 1_000)
  await Promise.all(Array.from({ length: orders }, (_, n) => background.order('greet', { n }, { startAfter: soon })))
  await done.promise
  expect(most).toBeLessThanOrEqual(4)
})

test('where nothing is carried out, orders wait for a process that does', async () => {
  const done = Promise.withResolvers<object>()
  const sender = open({ perform: async () => done.reject(new Error('the sender performs')) }, { performs: false })
  await sender.order('greet', { name: 'you' })
  const performer = open({ perform: async (order) => done.resolve(order) })
  await performer.start()
  expect(await done.promise).toEqual({ name: 'you' })
})

test('a start that failed is tried again, and until then nothing is ready', async () => {
  const nowhere = new URL(database.connectionString)
  nowhere.pathname += '_away'
  const background = open({}, { connectionString: nowhere.href })
  expect(await background.isReady()).toBe(false)
  await expect(background.start()).rejects.toThrow()
  await background.stop()
})

test('what a start that failed has taken up already, the next one leaves as it is', async () => {
  let most = 0
  let running = 0
  let left = 6
  const done = Promise.withResolvers<void>()
  const perform = async () => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setTimeout(resolve, 50))
    running -= 1
    if (--left === 0) done.resolve()
  }
  const greet = { name: 'greet', retries, atOnce: 1, lookSeconds: 1, perform }
  const part = { name: 'part', retries, atOnce: 1, cron: 'no time', perform: async () => {} }
  const background = open({}, { duties: [greet, part] })
  expect(await background.isReady()).toBe(false)
  part.cron = '0 0 1 1 *'
  expect(await background.isReady()).toBe(true)
  for (let order = left; order > 0; order--) await background.order('greet', {})
  await done.promise
  expect(most).toBe(1)
})

test('a duty that comes after the start is refused rather than left out', async () => {
  const background = open({})
  await background.start()
  expect(() => background.add({ name: 'part', retries, atOnce: 1, perform: async () => {} })).toThrow('part')
})
