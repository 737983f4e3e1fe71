import type { Event } from '@reprise/contract'
import { readEvents, readMessage, readSessionTip, seeded } from '@reprise/store'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createPrunePast } from '../../src/background/prune-past.ts'
import { openEngineFixture, script, type EngineFixture, type EngineProcess } from '../support/engine-fixture.ts'
import { askTool } from '../support/fill-session.ts'

let fixture: EngineFixture
let process: EngineProcess
beforeAll(async () => {
  fixture = await openEngineFixture()
  process = await fixture.startProcess()
})
afterAll(() => fixture.close())
beforeEach(() => keep({}))

const { organization_id } = seeded
const signal = new AbortController().signal
const isDelta = ({ type }: Event) => type === 'output.message.delta' || type === 'reason.thinking.delta'
const says = script([{ thinking: 'Let me think about that.', text: 'First I look it up.', tool_calls: [{ name: 'current_time', arguments: {} }] }, { text: 'That is the answer, in some words.', tokens_per_second: 200 }])

/** What the organization keeps, beginning anew with its past. */
async function keep({ deltas = 24, events = null, keys = 24 }: { deltas?: number | null; events?: number | null; keys?: number }): Promise<void> {
  await fixture.pool.query(
    `UPDATE organizations SET deltas_kept_hours = $1, events_kept_days = $2, idempotency_keys_kept_hours = $3, deltas_pruned_to = '-infinity', events_pruned_to = '-infinity'`,
    [deltas, events, keys],
  )
}

/** Makes a session so many hours older. */
async function age(session: string, hours: number): Promise<void> {
  const ms = hours * 3_600_000
  await fixture.pool.query('UPDATE journal SET event_ms = event_ms - $2 WHERE session_id = $1', [session, ms])
  await fixture.pool.query('UPDATE session_heads SET last_event_ms = last_event_ms - $2 WHERE session_id = $1', [session, ms])
  await fixture.pool.query(`UPDATE turns SET created_at = created_at - make_interval(hours => $2), ended_at = ended_at - make_interval(hours => $2) WHERE session_id = $1`, [session, hours])
  for (const table of ['messages', 'idempotency_keys']) await fixture.pool.query(`UPDATE ${table} SET created_at = created_at - make_interval(hours => $2) WHERE session_id = $1`, [session, hours])
}

async function runTurn(session: string, text = says, key: string | null = null): Promise<void> {
  const before = (await fixture.events(session)).filter(({ type }) => type === 'session.idled').length
  await process.engine.acceptMessage(fixture.message(session, text, { idempotency_key: key }))
  await fixture.eventsUntil(process, session, 'session.idled', before + 1)
}

async function createAged(hours: number, key: string | null = null): Promise<string> {
  const session = await fixture.createSession()
  await runTurn(session, says, key)
  await age(session, hours)
  return session
}

const prune = () => createPrunePast({ db: fixture.pool }).perform({}, signal)

describe('deltas', () => {
  test('go a day after their turn, and all else keeps its id, sequence and words', async () => {
    const session = await createAged(25)
    const before = await fixture.events(session)
    expect(before.filter(isDelta).length).toBeGreaterThan(0)
    await prune()
    expect(await fixture.events(session)).toEqual(before.filter((event) => !isDelta(event)))
    // Again, it finds nothing to do.
    await prune()
    expect(await fixture.events(session)).toEqual(before.filter((event) => !isDelta(event)))
  })

  test('stay for a day, and for as long as the organization wants', async () => {
    const session = await createAged(23)
    const before = await fixture.events(session)
    // Less than a day is never meant.
    await keep({ deltas: 1 })
    await prune()
    await age(session, 20)
    await keep({ deltas: 48 })
    await prune()
    await keep({ deltas: null })
    await prune()
    expect((await fixture.events(session)).map(({ sequence }) => sequence)).toEqual(before.map(({ sequence }) => sequence))
    await keep({ deltas: 24 })
    await prune()
    expect((await fixture.events(session)).filter(isDelta)).toEqual([])
  })

  test('of a turn that has not ended stay, however old (R1)', async () => {
    const session = await fixture.createSession({ tools: [askTool] })
    await process.engine.acceptMessage(fixture.message(session, script([{ text: 'I have to ask you.', tool_calls: [{ name: 'ask', arguments: {} }] }, { text: 'Thanks.' }])))
    await fixture.eventsUntil(process, session, 'tool.call_requested')
    await age(session, 1_000)
    const before = await fixture.events(session)
    await keep({ events: 1 })
    await prune()
    expect(await fixture.events(session)).toEqual(before)
    const results = [{ tool_call_id: 'call_1', result: 1 }]
    expect((await process.engine.submitToolResults({ organization_id, session_id: session, results })).outcome).toBe('accepted')
    await fixture.eventsUntil(process, session, 'turn.completed')
  })

  test('that are gone stand in no stream’s way: it gives what is left, then what comes', async () => {
    const session = await createAged(25)
    await prune()
    const left = (await fixture.events(session)).length
    await runTurn(session)
    const streamed = await fixture.eventsUntil(process, session, 'session.idled', 2)
    expect(streamed.length).toBeGreaterThan(left)
    expect(streamed).toEqual(await fixture.events(session))
    const [, last] = streamed.filter(({ type }) => type === 'session.idled')
    expect(last!.sequence).toBe((await readSessionTip(fixture.pool, organization_id, session))!.last_sequence)
  })

  test('leave pages as long as they are asked for', async () => {
    const session = await createAged(25)
    await prune()
    const events = await fixture.events(session)
    const { pool: db } = fixture
    const page = await readEvents(db, { organization_id, session_id: session, limit: 5, newest: false })
    expect(page.map(({ sequence }) => sequence)).toEqual(events.slice(0, 5).map(({ sequence }) => sequence))
    const newest = await readEvents(db, { organization_id, session_id: session, limit: 5, newest: true })
    expect(newest.map(({ sequence }) => sequence)).toEqual(events.slice(-5).map(({ sequence }) => sequence))
  })
})

describe('events', () => {
  test('go when their days are over, messages stay, and the session goes on', async () => {
    const session = await createAged(24 * 8)
    const before = await fixture.events(session)
    await runTurn(session)
    const recent = (await fixture.events(session)).slice(before.length)
    await keep({ events: 7 })
    await prune()
    expect(await fixture.events(session)).toEqual(recent)
    expect(await readSessionTip(fixture.pool, organization_id, session)).toMatchObject({ last_sequence: recent.at(-1)!.sequence, oldest_sequence: recent[0]!.sequence })
    const [first] = before.filter(({ type }) => type === 'input.message')
    expect(await readMessage(fixture.pool, organization_id, session, first!.sequence)).toMatchObject({ role: 'user' })
    await runTurn(session)
  })

  test('that an idempotency key still needs go after it', async () => {
    const session = await createAged(24 * 8, 'once')
    await keep({ events: 7, keys: 24 * 30 })
    await prune()
    const again = await process.engine.acceptMessage(fixture.message(session, says, { idempotency_key: 'once' }))
    expect(again.outcome).toBe('duplicate')
  })
})

describe('idempotency keys', () => {
  test('go when their hours are over, never before a day', async () => {
    const [old, young] = [await createAged(25, 'once'), await createAged(23, 'once')]
    await keep({ keys: 1 })
    await prune()
    expect((await process.engine.acceptMessage(fixture.message(young, says, { idempotency_key: 'once' }))).outcome).toBe('duplicate')
    expect((await process.engine.acceptMessage(fixture.message(old, says, { idempotency_key: 'once' }))).outcome).toBe('stored')
  })
})

describe('pruning', () => {
  test('goes on where a crash left it, and is done by two at once', async () => {
    const sessions = [await createAged(30), await createAged(30), await createAged(30)]
    const stopped = new AbortController()
    stopped.abort()
    await expect(createPrunePast({ db: fixture.pool }).perform({}, stopped.signal)).rejects.toThrow()
    await Promise.all([prune(), prune()])
    for (const session of sessions) expect((await fixture.events(session)).filter(isDelta)).toEqual([])
  })

  test('leaves another organization’s past alone', async () => {
    const session = await createAged(30)
    const other = `org_${'d'.repeat(32)}`
    await fixture.pool.query(`INSERT INTO organizations (id, name, deltas_kept_hours) VALUES ($1, 'Other', NULL)`, [other])
    await fixture.pool.query('UPDATE turns SET organization_id = $2 WHERE session_id = $1', [session, other])
    await prune()
    expect((await fixture.events(session)).some(isDelta)).toBe(true)
  })
})
