import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readEvents, seeded, type Accept, type AcceptResult, type Committed } from '../src/index.ts'
import { startCuttingProxy } from './support/cutting-proxy.ts'
import { openJournalFixture, type JournalFixture } from './support/journal-fixture.ts'

let fixture: JournalFixture
beforeAll(async () => {
  fixture = await openJournalFixture()
})
afterAll(() => fixture.close())

type Started = Extract<AcceptResult, { outcome: 'stored' }>

async function start(changes: Partial<Accept> = {}): Promise<{ accept: Accept; started: Started }> {
  const accept = fixture.accept(await fixture.createSession(), changes)
  const started = await fixture.journal.accept(accept)
  if (started.outcome !== 'stored') throw new Error(`not stored but ${started.outcome}`)
  return { accept, started }
}

async function head(sessionId: string) {
  const { rows } = await fixture.pool.query<{
    last_sequence: number
    active_turn_id: string | null
    active_status: string | null
    turns_waiting: number
    epoch: number
    checkpoint_number: number
  }>('SELECT last_sequence, active_turn_id, active_status, turns_waiting, epoch, checkpoint_number FROM session_heads WHERE session_id = $1', [sessionId])
  return rows[0]!
}

async function events(session_id: string) {
  return await readEvents(fixture.pool, { organization_id: seeded.organization_id, session_id, limit: 1000, newest: false })
}

describe('an accept', () => {
  test('of an idle session starts its turn with the worker that brings it', async () => {
    const { accept, started } = await start()
    expect(started).toMatchObject({ delivery: 'started', ordinal: 1, epoch: 1, turn_id: accept.turn_id, first_sequence: 2 })
    expect(await head(accept.session_id)).toEqual({
      last_sequence: 4,
      active_turn_id: accept.turn_id,
      active_status: 'running',
      turns_waiting: 0,
      epoch: 1,
      checkpoint_number: 0,
    })
  })

  test('without a worker leaves its turn ready for a claim', async () => {
    const { accept } = await start({ worker_id: null })
    expect(await head(accept.session_id)).toMatchObject({ active_turn_id: accept.turn_id, active_status: 'ready' })
  })

  test('of a busy session waits, and is told apart by its events', async () => {
    const { accept } = await start()
    const second = fixture.accept(accept.session_id)
    expect(await fixture.journal.accept(second)).toMatchObject({ outcome: 'stored', delivery: 'enqueued', ordinal: 2 })
    expect(await head(accept.session_id)).toMatchObject({ active_turn_id: accept.turn_id, turns_waiting: 1 })
    expect((await events(accept.session_id)).map((event) => event.type)).toEqual([
      'session.started',
      'input.message',
      'session.activated',
      'turn.started',
      'input.message',
    ])
  })

  test('of a busy session is refused when its policy says so, and stores nothing', async () => {
    const { accept } = await start()
    expect(await fixture.journal.accept(fixture.accept(accept.session_id, { when_busy: 'reject' }))).toEqual({ outcome: 'busy' })
    expect(await head(accept.session_id)).toMatchObject({ last_sequence: 4, turns_waiting: 0 })
  })

  test('behind 100 waiting turns is refused', async () => {
    const { accept } = await start()
    for (let waiting = 0; waiting < 100; waiting++) {
      expect(await fixture.journal.accept(fixture.accept(accept.session_id))).toMatchObject({ outcome: 'stored' })
    }
    expect(await fixture.journal.accept(fixture.accept(accept.session_id))).toEqual({ outcome: 'queue_full' })
  })

  test('of a session that is not there, or of another organization, stores nothing', async () => {
    const { accept } = await start()
    expect(await fixture.journal.accept(fixture.accept(`sess_${'0'.repeat(32)}`))).toEqual({ outcome: 'session_not_found' })
    const foreign = fixture.accept(accept.session_id, { organization_id: 'org_00000000000000000000000000000009' })
    expect(await fixture.journal.accept(foreign)).toEqual({ outcome: 'session_not_found' })
  })
})

describe('an idempotency key', () => {
  test('gives the first message again, and refuses another body', async () => {
    const { accept, started } = await start({ idempotency_key: 'k1' })
    const again = fixture.accept(accept.session_id, { idempotency_key: 'k1' })
    expect(await fixture.journal.accept(again)).toEqual({
      outcome: 'duplicate',
      turn_id: accept.turn_id,
      message_id: accept.message_id,
      first_sequence: started.first_sequence,
      event_ms: started.event_ms,
    })
    const other = fixture.accept(accept.session_id, { idempotency_key: 'k1', body_sha256: 'b'.repeat(64) })
    expect(await fixture.journal.accept(other)).toEqual({ outcome: 'key_reused' })
  })

  test('makes one message of any number sent at once by two processes', async () => {
    const sessionId = await fixture.createSession()
    const elsewhere = fixture.openJournal()
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, index) => (index % 2 ? elsewhere : fixture.journal).accept(fixture.accept(sessionId, { idempotency_key: 'same' }))),
    )
    expect(results.filter((result) => result.outcome === 'stored')).toHaveLength(1)
    expect(results.filter((result) => result.outcome === 'duplicate')).toHaveLength(39)
    expect(new Set(results.map((result) => 'message_id' in result && result.message_id)).size).toBe(1)
  })
})

describe('a checkpoint', () => {
  test('is stored under the turn, epoch and number of the head, and only then (J3)', async () => {
    const { accept, started } = await start()
    const at = { epoch: started.epoch, checkpoint_number: 0 }
    expect(await fixture.journal.checkpoint(fixture.checkpoint(accept, at))).toMatchObject({ outcome: 'stored', first_sequence: 5 })
    const before = await head(accept.session_id)
    expect(before).toMatchObject({ last_sequence: 5, checkpoint_number: 1 })
    const stale = [at, { epoch: started.epoch, checkpoint_number: 2 }, { epoch: started.epoch + 1, checkpoint_number: 1 }, { epoch: started.epoch - 1, checkpoint_number: 1 }]
    for (const wrong of stale) expect(await fixture.journal.checkpoint(fixture.checkpoint(accept, wrong))).toEqual({ outcome: 'fenced' })
    expect(await head(accept.session_id)).toEqual(before)
  })

  test('that ends a turn starts the next waiting one under the same lock (J6)', async () => {
    const { accept, started } = await start()
    const second = fixture.accept(accept.session_id)
    const third = fixture.accept(accept.session_id)
    await fixture.journal.accept(second)
    await fixture.journal.accept(third)
    const end = fixture.checkpoint(accept, { epoch: started.epoch, checkpoint_number: 0 }, { turn_status: 'completed' })
    expect(await fixture.journal.checkpoint(end)).toMatchObject({ outcome: 'stored', settled: true, next_turn_id: second.turn_id })
    expect(await head(accept.session_id)).toMatchObject({ active_turn_id: second.turn_id, active_status: 'running', epoch: 2, checkpoint_number: 0, turns_waiting: 1 })
    const endSecond = fixture.checkpoint(second, { epoch: 2, ordinal: 2, checkpoint_number: 0 }, { turn_status: 'failed', worker_id: null })
    expect(await fixture.journal.checkpoint(endSecond)).toMatchObject({ outcome: 'stored', next_turn_id: third.turn_id })
    expect(await head(accept.session_id)).toMatchObject({ active_turn_id: third.turn_id, active_status: 'ready', turns_waiting: 0 })
  })

  test('that ends the last turn leaves the session idle, and says so', async () => {
    const { accept, started } = await start()
    const end = fixture.checkpoint(accept, { epoch: started.epoch, checkpoint_number: 0 }, { turn_status: 'completed' })
    expect(await fixture.journal.checkpoint(end)).toMatchObject({ outcome: 'stored', settled: true, next_turn_id: null })
    expect(await head(accept.session_id)).toMatchObject({ active_turn_id: null, active_status: null })
    expect((await events(accept.session_id)).at(-1)).toMatchObject({ type: 'session.idled', sequence: 7 })
  })

  test('that PostgreSQL refuses fails alone, whatever it was flushed with (G4)', async () => {
    const turns = await Promise.all(Array.from({ length: 9 }, () => start()))
    const results = await Promise.allSettled(
      turns.map(({ accept, started }, index) => {
        const poisoned = index === 4 ? { events: [{ type: 'output.message.delta' as const, data_json: '{"delta":"\\u0000' }] } : {}
        return fixture.journal.checkpoint(fixture.checkpoint(accept, { epoch: started.epoch, checkpoint_number: 0 }, poisoned))
      }),
    )
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value.outcome : 'failed'))).toEqual([
      ...Array.from({ length: 4 }, () => 'stored'),
      'failed',
      ...Array.from({ length: 4 }, () => 'stored'),
    ])
  })

  test('waits for a locked head without holding up other sessions (J2, G3)', async () => {
    const locked = await start()
    const free = await Promise.all(Array.from({ length: 8 }, () => start()))
    const client = new pg.Client({ connectionString: fixture.connectionString })
    await client.connect()
    await client.query('BEGIN')
    await client.query('SELECT 1 FROM session_heads WHERE session_id = $1 FOR UPDATE', [locked.accept.session_id])
    let lockedIsStored = false
    const held = fixture.journal
      .checkpoint(fixture.checkpoint(locked.accept, { epoch: locked.started.epoch, checkpoint_number: 0 }))
      .finally(() => (lockedIsStored = true))
    for (const { accept, started } of free) {
      expect(await fixture.journal.checkpoint(fixture.checkpoint(accept, { epoch: started.epoch, checkpoint_number: 0 }))).toMatchObject({ outcome: 'stored' })
    }
    expect(lockedIsStored).toBe(false)
    await client.query('COMMIT')
    await client.end()
    expect(await held).toMatchObject({ outcome: 'stored' })
  })
})

describe('a lost reply', () => {
  test.for(['reply', 'request'] as const)('is resolved by sending the same appends again, which stores them once: the %s is cut (J4, G5)', async (when) => {
    const proxy = await startCuttingProxy(fixture.connectionString)
    const journal = fixture.openJournal({ connectionString: proxy.connectionString, lanes: 1 })
    const committed: Committed[] = []
    journal.onCommitted((commit) => committed.push(commit))
    const warmUp = await journal.accept(fixture.accept(await fixture.createSession()))
    expect(warmUp.outcome).toBe('stored')

    const accepts = await Promise.all(Array.from({ length: 20 }, async () => fixture.accept(await fixture.createSession())))
    const keyed = accepts.map((accept, index) => (index % 2 ? accept : { ...accept, idempotency_key: `key-${index}` }))
    proxy.cutNext(when)
    const started = await Promise.all(keyed.map((accept) => journal.accept(accept)))
    expect(started).toEqual(accepts.map(({ turn_id, message_id }) => expect.objectContaining({ outcome: 'stored', delivery: 'started', epoch: 1, ordinal: 1, first_sequence: 2, turn_id, message_id })))

    proxy.cutNext(when)
    const running = await Promise.all(accepts.map((accept) => journal.checkpoint(fixture.checkpoint(accept, { epoch: 1, checkpoint_number: 0 }))))
    proxy.cutNext(when)
    const ended = await Promise.all(
      accepts.map((accept) => journal.checkpoint(fixture.checkpoint(accept, { epoch: 1, checkpoint_number: 1 }, { turn_status: 'completed' }))),
    )
    expect(proxy.cuts).toBe(3)
    expect(running.map((result) => result.outcome)).toEqual(accepts.map(() => 'stored'))
    expect(ended).toEqual(accepts.map(() => expect.objectContaining({ outcome: 'stored', settled: true, first_sequence: 6 })))
    expect(committed).toHaveLength(61)
    for (const { session_id } of accepts) {
      expect(await head(session_id)).toMatchObject({ last_sequence: 8, active_turn_id: null })
      expect((await events(session_id)).map((event) => event.sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    }
    await journal.stop()
    await proxy.stop()
  })

  test('is given up when its connection falls silent: the lane goes on, on another (J4, G5)', async () => {
    const proxy = await startCuttingProxy(fixture.connectionString)
    const journal = fixture.openJournal({ connectionString: proxy.connectionString, lanes: 1, statementTimeoutMs: 1_000 })
    await journal.accept(fixture.accept(await fixture.createSession()))
    const accept = fixture.accept(await fixture.createSession())
    proxy.cutNext('silence')
    expect(await journal.accept(accept)).toMatchObject({ outcome: 'stored', delivery: 'started', first_sequence: 2, turn_id: accept.turn_id })
    expect(proxy.cuts).toBe(1)
    expect((await events(accept.session_id)).map((event) => event.sequence)).toEqual([1, 2, 3, 4])
    await journal.stop()
    await proxy.stop()
  })
})
