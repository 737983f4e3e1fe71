import { randomUUID } from 'node:crypto'
import { createPool, exchangeLimits, seed, seeded } from '@reprise/store'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts'
import { Limits } from '../src/limits/limits.ts'
import { RequestLimits } from '../src/limits/request-limits.ts'
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

/** So long that it does not end while a test counts in it. A second is what a test says one is. */
const window_ms = 2_000_000_000
const perWindow = 600
const seconds = 60

function newCaller(requests_per_minute: number | null = perWindow): Caller {
  return { organization_id: seeded.organization_id, key_id: `key_${randomUUID()}`, scopes: ['read'], requests_per_minute, is_operator: false }
}

/** The limits of a process on the tests' database, which exchanges when it is told to. */
class CountingProcess {
  readonly id = randomUUID()
  readonly #limits: RequestLimits
  readonly #windowMs: number

  constructor(windowMs = window_ms) {
    this.#windowMs = windowMs
    this.#limits = new RequestLimits({ window_ms: windowMs, exchange_ms: 1_000, requests_max: null })
  }

  accepts(caller: Caller): boolean {
    return this.#limits.judge(caller)!.isAccepted
  }

  async exchange(): Promise<void> {
    const requests = this.#limits.startExchange()
    if (requests.length > 0) this.#limits.settle(await exchangeLimits(pool, { process_id: this.id, window_ms: this.#windowMs, requests, streams: [] }))
  }
}

const startThree = () => [new CountingProcess(), new CountingProcess(), new CountingProcess()] as const

/** How many of so many requests are accepted, in turn of the processes. */
function ask(processes: readonly CountingProcess[], caller: Caller, requests: number): number {
  let accepted = 0
  for (let request = 0; request < requests; request++) if (processes[request % processes.length]!.accepts(caller)) accepted += 1
  return accepted
}

/** So many requests, and then the exchange of all that has been counted: one second. */
async function passSecond(processes: readonly CountingProcess[], caller: Caller, requests: number): Promise<number> {
  const accepted = ask(processes, caller, requests)
  for (const process of processes) await process.exchange()
  return accepted
}

async function passMinute(processes: readonly CountingProcess[], caller: Caller, perSecond: number): Promise<number> {
  let accepted = 0
  for (let second = 0; second < seconds; second++) accepted += await passSecond(processes, caller, perSecond)
  return accepted
}

function expectWithinATenth(accepted: number): void {
  expect(accepted).toBeGreaterThanOrEqual(perWindow * 0.9)
  expect(accepted).toBeLessThanOrEqual(perWindow * 1.1)
}

describe('over three processes a key gets its requests within a tenth', () => {
  it.each([12, 20, 60, 600, 6_000])('hammered evenly, %i times a second', async (perSecond) => {
    expectWithinATenth(await passMinute(startThree(), newCaller(), perSecond))
  })

  it.each([12, 600])('hammered in one of them alone, %i times a second, while the others have taken something before', async (perSecond) => {
    const processes = startThree()
    const caller = newCaller()
    let accepted = await passSecond(processes, caller, 30)
    for (let second = 1; second < seconds; second++) {
      accepted += ask(processes.slice(0, 1), caller, perSecond)
      for (const process of processes) await process.exchange()
    }
    expectWithinATenth(accepted)
  })

  it('when one has used them up, and then the others are asked for all of them (R3)', async () => {
    const [first, second, third] = startThree()
    const caller = newCaller()
    const used = (await passSecond([first], caller, perWindow)) + (await passSecond([first], caller, perWindow)) + (await passSecond([first], caller, perWindow))
    expect(used).toBe(perWindow)
    const late = (await passSecond([second, third], caller, 2 * perWindow)) + (await passSecond([second, third], caller, 2 * perWindow))
    expect(late).toBeGreaterThan(0)
    expect(late).toBeLessThanOrEqual(perWindow * 0.1)
  })

  it('when the load moves from one to the next', async () => {
    const processes = startThree()
    const caller = newCaller()
    let accepted = 0
    for (let second = 0; second < seconds; second++) {
      const busy = processes[Math.floor(second / 10) % 3]!
      accepted += ask([busy], caller, 15)
      for (const process of processes) await process.exchange()
    }
    expectWithinATenth(accepted)
  })
})

describe('over three processes a key', () => {
  it('that stays at half of its limit is refused nothing', async () => {
    expect(await passMinute(startThree(), newCaller(), 5)).toBe(5 * seconds)
  })

  it('loses with a process that dies what that held in the window, and nothing of the next (R4)', async () => {
    const [dying, other] = startThree()
    const caller = newCaller()
    expect(await passSecond([dying], caller, 1)).toBe(1)
    const { taken } = await readCount(caller)
    expect(taken).toBeGreaterThan(1)
    expect(await passMinute([other], caller, 100)).toBe(perWindow - taken)
    // A window of another length is another window.
    expectWithinATenth(await passMinute([new CountingProcess(window_ms / 2)], caller, 100))
  })

  it('has none of its requests counted for another', async () => {
    const processes = startThree()
    const [one, other] = [newCaller(), newCaller(perWindow * 2)]
    let accepted = 0
    for (let second = 0; second < seconds; second++) {
      accepted += ask(processes, one, 30)
      await passSecond(processes, other, 60)
    }
    expectWithinATenth(accepted)
    expect((await readCount(other)).taken).toBeGreaterThanOrEqual(perWindow * 1.8)
  })
})

describe('a process', () => {
  const exchange_ms = 50

  function startLimits({ requests_max = null, db = pool }: { requests_max?: number | null; db?: pg.Pool } = {}) {
    const sentAt: number[] = []
    const watched = {
      query: ((...query: Parameters<pg.Pool['query']>) => {
        sentAt.push(performance.now())
        return db.query(...query)
      }) as unknown as pg.Pool['query'], // of its overloads the one is used that takes a config
    }
    const limits = new Limits({ db: watched, requests_max, times: { window_ms, exchange_ms } })
    onTestFinished(() => limits.stop())
    return { limits, sentAt }
  }

  const breathe = () => new Promise<void>((resolve) => setImmediate(resolve))

  it('sends at most one statement in each interval, whatever number of keys is in use, and none when all is quiet (R2)', async () => {
    const { limits, sentAt } = startLimits()
    const callers = Array.from({ length: 50 }, () => newCaller())
    while (sentAt.length < 8) {
      for (const caller of callers) limits.judge(caller)
      await breathe()
    }
    const gaps = sentAt.slice(1).map((at, index) => at - sentAt[index]!)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(exchange_ms - 2)
    // What it holds and does not need is given back; then there is nothing more to say.
    while (performance.now() - sentAt.at(-1)! < 10 * exchange_ms) await breathe()
  })

  it('accepts the first requests of a key before the database has said anything, and owes them (R1)', async () => {
    const { limits } = startLimits()
    const caller = newCaller(100)
    expect(Array.from({ length: 4 }, () => limits.judge(caller)!.isAccepted)).toEqual([true, true, true, true])
    await expect.poll(async () => (await readCount(caller)).taken, { timeout: 10_000 }).toBeGreaterThanOrEqual(4)
  })

  it('goes on judging while the database is away, and asks again', async () => {
    const broken = createPool({ connectionString: database.connectionString.replace(/\/[^/]+$/, '/not_there'), applicationName: 'test' })
    onTestFinished(() => broken.end())
    const { limits, sentAt } = startLimits({ db: broken })
    const caller = newCaller()
    while (sentAt.length < 3) {
      expect(limits.judge(caller)).not.toBeNull()
      await breathe()
    }
  })

  it('limits nobody where neither the key nor the server does', () => {
    const { limits, sentAt } = startLimits()
    expect(limits.judge(newCaller(null))).toBeNull()
    expect(sentAt).toEqual([])
  })

  it('counts callers without a key by their organization, where the server limits them', () => {
    const { limits } = startLimits({ requests_max: 50 })
    const caller = { ...newCaller(null), key_id: null }
    expect(limits.judge(caller)).toMatchObject({ requestsMax: 50, remaining: 49 })
    expect(limits.judge({ ...caller })).toMatchObject({ remaining: 48 })
    expect(limits.judge(newCaller(null))).toMatchObject({ requestsMax: 50, remaining: 49 })
  })

  it('holds a limit that was changed from the next request on', () => {
    const { limits } = startLimits()
    const caller = newCaller(600)
    expect(limits.judge(caller)).toMatchObject({ requestsMax: 600, remaining: 599 })
    expect(limits.judge({ ...caller, requests_per_minute: 10 })).toMatchObject({ requestsMax: 10, remaining: 8 })
  })
})

async function readCount({ key_id }: Caller): Promise<{ taken: number }> {
  const { rows } = await pool.query<{ taken: number }>('SELECT taken FROM request_counts WHERE subject_id = $1', [key_id])
  return rows[0] ?? { taken: 0 }
}
