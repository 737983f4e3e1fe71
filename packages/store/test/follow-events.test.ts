import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { followEvents, Hub, newEvent, seeded, type Accept, type Database, type EventRecord } from '../src/index.ts'
import { openJournalFixture, type JournalFixture } from './support/journal-fixture.ts'

let fixture: JournalFixture
let hub: Hub
beforeAll(async () => {
  fixture = await openJournalFixture()
  hub = new Hub()
  fixture.journal.onCommitted((committed) => hub.publish(committed))
})
afterAll(() => fixture.close())

/** Takes `count` events, then stops following. */
async function take(sessionId: string, count: number, options: { after?: number; tip?: number; db?: Database; hub?: Hub } = {}): Promise<EventRecord[]> {
  const { after = 0, db = fixture.pool, hub: own = hub, tip } = options
  const controller = new AbortController()
  const taken: EventRecord[] = []
  const following = followEvents(db, own, { organization_id: seeded.organization_id, session_id: sessionId, after, tip, signal: controller.signal })
  for await (const page of following) {
    taken.push(...page)
    if (taken.length >= count) controller.abort()
  }
  return taken
}

async function start(): Promise<{ accept: Accept; epoch: number }> {
  const accept = fixture.accept(await fixture.createSession())
  const result = await fixture.journal.accept(accept)
  if (result.outcome !== 'stored') throw new Error(result.outcome)
  return { accept, epoch: result.epoch }
}

async function appendMany(accept: Accept, epoch: number, count: number, from = 0): Promise<void> {
  for (let checkpoint_number = from; checkpoint_number < from + count; checkpoint_number++) {
    const events = [newEvent('output.message.delta', { turn_id: accept.turn_id, delta: `${checkpoint_number} ` })]
    const result = await fixture.journal.checkpoint(fixture.checkpoint(accept, { epoch, checkpoint_number }, { events }))
    if (result.outcome !== 'stored') throw new Error(result.outcome)
  }
}

const sequences = (events: EventRecord[]) => events.map((event) => event.sequence)
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** Counts the queries that reach a database. */
function counting(db: Database): { db: Database; count(): number } {
  let queries = 0
  const query = (...args: unknown[]) => {
    queries += 1
    return Reflect.apply(db.query, db, args) as unknown
  }
  return { db: { query: query as Database['query'] }, count: () => queries }
}

describe('following a session', () => {
  test('gives every event once and in order, stored ones and then live ones', async () => {
    const { accept, epoch } = await start()
    await appendMany(accept, epoch, 10)
    const following = take(accept.session_id, 44)
    await appendMany(accept, epoch, 30, 10)
    expect(sequences(await following)).toEqual(range(1, 44))
  })

  test('gives the same text live as read back', async () => {
    const { accept, epoch } = await start()
    const live = take(accept.session_id, 9, { after: 4, tip: 4 })
    await appendMany(accept, epoch, 9)
    const texts = (events: EventRecord[]) => events.map(({ id, json }) => ({ id, json }))
    expect(texts(await live)).toEqual(texts(await take(accept.session_id, 9, { after: 4, hub: new Hub() })))
  })

  test('from the tip costs no query, until another process writes (H2)', async () => {
    const { accept, epoch } = await start()
    const { db, count } = counting(fixture.pool)
    const following = take(accept.session_id, 20, { after: 4, tip: 4, db })
    await appendMany(accept, epoch, 20)
    expect(sequences(await following)).toEqual(range(5, 24))
    expect(count()).toBe(0)
  })

  test('reads from the table what another process committed, once it is announced', async () => {
    const { accept, epoch } = await start()
    const elsewhere = new Hub()
    const following = take(accept.session_id, 5, { after: 4, tip: 4, hub: elsewhere })
    await appendMany(accept, epoch, 5)
    elsewhere.announce(accept.session_id, 9)
    expect(sequences(await following)).toEqual(range(5, 9))
  })

  test('that takes slowly is read to from the table, and misses nothing (H1, H3)', async () => {
    const { accept, epoch } = await start()
    const controller = new AbortController()
    const taken: EventRecord[] = []
    const following = followEvents(fixture.pool, hub, { organization_id: seeded.organization_id, session_id: accept.session_id, after: 0, signal: controller.signal })
    taken.push(...(await following.next()).value!)
    await appendMany(accept, epoch, 600) // more than the hub remembers
    for await (const page of following) {
      taken.push(...page)
      if (taken.length === 604) controller.abort()
    }
    expect(sequences(taken)).toEqual(range(1, 604))
  })

  test('gives large events in small pages, and still every one of them', async () => {
    const { accept, epoch } = await start()
    const delta = 'x'.repeat(700_000)
    for (let checkpoint_number = 0; checkpoint_number < 6; checkpoint_number++) {
      const events = [newEvent('output.message.delta', { turn_id: accept.turn_id, delta })]
      await fixture.journal.checkpoint(fixture.checkpoint(accept, { epoch, checkpoint_number }, { events }))
    }
    const controller = new AbortController()
    const pages: number[][] = []
    for await (const page of followEvents(fixture.pool, new Hub(), { organization_id: seeded.organization_id, session_id: accept.session_id, after: 0, tip: 10, signal: controller.signal })) {
      pages.push(sequences(page))
      if (page.at(-1)!.sequence === 10) controller.abort()
    }
    expect(pages.flat()).toEqual(range(1, 10))
    expect(pages.map((page) => page.length)).toEqual([5, 1, 1, 1, 1, 1])
  })

  test('ends when it is told to, and leaves nothing behind', async () => {
    const { accept } = await start()
    const own = new Hub()
    const controller = new AbortController()
    const ended = (async () => {
      for await (const page of followEvents(fixture.pool, own, { organization_id: seeded.organization_id, session_id: accept.session_id, after: 4, tip: 4, signal: controller.signal })) {
        throw new Error(`nothing should come, but ${page.length} did`)
      }
    })()
    expect(own.followedSessions).toEqual([accept.session_id])
    controller.abort()
    await ended
    expect(own.followedSessions).toEqual([])
  })
})
