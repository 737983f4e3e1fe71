import { randomUUID } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import { createPool, seed, seeded } from '@reprise/store'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts'
import { Limits, type LimitTimes } from '../src/limits/limits.ts'
import type { Caller } from '../src/services.ts'

let database: TestDatabase
let pool: pg.Pool
beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool({ connectionString: database.connectionString, applicationName: 'test' })
  await seed(pool)
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

/** A minute in three seconds: as many exchanges go into it as into a real one. */
const times: LimitTimes = { window_ms: 3_000, exchange_ms: 50 }
const perWindow = 600

function newCaller(requests_per_minute: number | null = perWindow): Caller {
  return { organization_id: seeded.organization_id, key_id: `key_${randomUUID()}`, scopes: ['read'], requests_per_minute, is_operator: false }
}

interface Process {
  limits: Limits
  /** When a statement was sent. */
  sentAt: number[]
}

function startProcess({ requests_max = null, db = pool }: { requests_max?: number | null; db?: pg.Pool } = {}): Process {
  const sentAt: number[] = []
  const watched = new Proxy(db, {
    get(target, name) {
      if (name === 'query') sentAt.push(performance.now())
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
  const limits = new Limits({ db: watched, requests_max, times })
  onTestFinished(() => limits.stop())
  return { limits, sentAt }
}

/** The database's clock against ours, in this test run the same machine's. */
const windowNow = () => Math.floor(Date.now() / times.window_ms)

/** Asks for as many requests as it can, in turn of these processes, through one whole window. */
async function hammer(processes: Process[], caller: Caller, everyMs = 1): Promise<{ asked: number; accepted: number }> {
  const start = windowNow() + 1
  let asked = 0
  let accepted = 0
  let turn = 0
  let nextAt = 0
  for (let window = windowNow(); window <= start; window = windowNow()) {
    if (performance.now() >= nextAt) {
      nextAt = performance.now() + everyMs
      const { isAccepted } = processes[turn++ % processes.length]!.limits.judge(caller)!
      if (window === start) asked += 1
      if (window === start && isAccepted) accepted += 1
    }
    await breathe()
  }
  return { asked, accepted }
}

function expectWithinATenth({ asked, accepted }: { asked: number; accepted: number }): void {
  expect(asked).toBeGreaterThan(perWindow * 1.2)
  expect(accepted).toBeGreaterThanOrEqual(perWindow * 0.9)
  expect(accepted).toBeLessThanOrEqual(perWindow * 1.1)
}

describe('over three processes', () => {
  it('a key gets its requests within a tenth, hammered evenly', async () => {
    expectWithinATenth(await hammer([startProcess(), startProcess(), startProcess()], newCaller()))
  })

  it('a key gets its requests within a tenth in one of them alone, while the others hold what they took before', async () => {
    const processes = [startProcess(), startProcess(), startProcess()]
    const caller = newCaller()
    for (const { limits } of processes) limits.judge(caller)
    expectWithinATenth(await hammer(processes.slice(0, 1), caller))
  })

  it('a key that has used up its requests in one of them gets no more than a tenth of them in the others (R3)', async () => {
    const [first, second, third] = [startProcess(), startProcess(), startProcess()]
    const caller = newCaller()
    const start = windowNow() + 1
    while (windowNow() < start) await breathe()
    let accepted = 0
    const ask = ({ limits }: Process) => {
      const verdict = limits.judge(caller)!
      if (verdict.isAccepted) accepted += 1
      return verdict
    }
    while (ask(first).retryAfterSeconds < 2) await breathe()
    const used = accepted
    for (let request = 0; request < perWindow; request++) [second, third].map(ask)
    expect(windowNow()).toBe(start)
    expect(used).toBe(perWindow)
    expect(accepted).toBeGreaterThan(perWindow)
    expect(accepted).toBeLessThanOrEqual(perWindow * 1.1)
  })

  it('a key that stays at half of its limit is hardly refused', async () => {
    const { asked, accepted } = await hammer([startProcess(), startProcess(), startProcess()], newCaller(), times.window_ms / (perWindow / 2))
    expect(accepted / asked).toBeGreaterThan(0.95)
  })

  it('a process that dies takes with it what it held in that window, and nothing of the next (R4)', async () => {
    const dying = startProcess()
    const caller = newCaller()
    const start = windowNow() + 1
    while (windowNow() < start) await breathe()
    expect(dying.limits.judge(caller)).toMatchObject({ isAccepted: true, remaining: perWindow - 1 })
    while (dying.sentAt.length === 0) await breathe()
    expectWithinATenth(await hammer([startProcess()], caller))
  })
})

describe('a process', () => {
  it('sends at most one statement in each interval, whatever number of keys is in use, and none when all is quiet (R2)', async () => {
    const process = startProcess()
    const callers = Array.from({ length: 50 }, () => newCaller())
    for (const caller of callers) expect(process.limits.judge(caller)).toMatchObject({ isAccepted: true })
    await hammer([process], callers[0]!)
    const gaps = process.sentAt.slice(1).map((at, index) => at - process.sentAt[index]!)
    expect(gaps.length).toBeGreaterThan(5)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(times.exchange_ms - 2)
    // Half of what is left is held and given back, until there is nothing more to say.
    const isQuiet = () => performance.now() - process.sentAt.at(-1)! > 10 * times.exchange_ms
    while (!isQuiet()) await breathe()
  })

  it('accepts the first requests of a key before the database has said anything, and owes them (R1)', async () => {
    const { limits } = startProcess()
    const caller = newCaller(100)
    expect(Array.from({ length: 4 }, () => limits.judge(caller)!.isAccepted)).toEqual([true, true, true, true])
    await expect.poll(async () => (await readTaken(caller))).toBeGreaterThanOrEqual(4)
  })

  it('goes on judging while the database is away, and asks again when it is back', async () => {
    const broken = createPool({ connectionString: database.connectionString.replace(/\/[^/]+$/, '/not_there'), applicationName: 'test' })
    onTestFinished(() => broken.end())
    const { limits, sentAt } = startProcess({ db: broken })
    const caller = newCaller()
    while (sentAt.length < 3) {
      expect(limits.judge(caller)).not.toBeNull()
      await breathe()
    }
  })

  it('limits nobody where neither the key nor the server does', () => {
    const { limits, sentAt } = startProcess()
    expect(limits.judge(newCaller(null))).toBeNull()
    expect(sentAt).toEqual([])
  })

  it('counts callers without a key by their organization, and only where the server limits them', () => {
    const { limits } = startProcess({ requests_max: 50 })
    const caller = { ...newCaller(null), key_id: null }
    expect(limits.judge(caller)).toMatchObject({ requestsMax: 50, remaining: 49 })
    expect(limits.judge({ ...caller })).toMatchObject({ remaining: 48 })
    expect(limits.judge(newCaller(null))).toMatchObject({ requestsMax: 50, remaining: 49 })
  })

  it('holds a limit that was changed from its next request on', () => {
    const { limits } = startProcess()
    const caller = newCaller(600)
    expect(limits.judge(caller)).toMatchObject({ requestsMax: 600, remaining: 599 })
    expect(limits.judge({ ...caller, requests_per_minute: 10 })).toMatchObject({ requestsMax: 10, remaining: 8 })
  })
})

async function readTaken({ key_id }: Caller): Promise<number> {
  const { rows } = await pool.query<{ taken: number }>('SELECT taken FROM request_counts WHERE subject_id = $1', [key_id])
  return rows[0]?.taken ?? 0
}
