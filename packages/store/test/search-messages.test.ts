import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findEvents, findTimeRange, listMessages, searchMessages, seeded } from '../src/index.ts'
import { openJournalFixture, type JournalFixture } from './support/journal-fixture.ts'

let fixture: JournalFixture
beforeAll(async () => {
  fixture = await openJournalFixture()
})
afterAll(() => fixture.close())

const { signal } = new AbortController()
const count = 3_000

/** A session of 3,000 messages, each brought by a checkpoint of its own with one event more. */
async function fillSession(): Promise<string> {
  const sessionId = await fixture.createSession()
  const { pool } = fixture
  await pool.query(
    `INSERT INTO messages (organization_id, session_id, sequence, id, turn_id, place, role, content, created_at)
     SELECT $1, $2, n * 2, 'message_' || md5($2 || n), 'turn_' || n, 0, CASE n % 2 WHEN 0 THEN 'agent' ELSE 'user' END,
       json_build_array(json_build_object('type', 'text', 'text', 'number ' || n || CASE WHEN n % 1000 = 500 THEN ' rare' ELSE '' END)), now()
     FROM generate_series(1, $3::integer) n`,
    [seeded.organization_id, sessionId, count],
  )
  await pool.query(
    `INSERT INTO journal (organization_id, session_id, first_sequence, last_sequence, event_ms, turn_id, events)
     SELECT $1, $2, n * 2, n * 2 + 1, 1000000 + n / 10 * 10, 'turn_' || n,
       json_build_array(json_build_object('type', CASE n % 2 WHEN 0 THEN 'output.message.completed' ELSE 'input.message' END, 'data', '{}'::json),
         json_build_object('type', CASE WHEN n % 1000 = 500 THEN 'tool.progress' ELSE 'reason.started' END, 'data', json_build_object('tool_name', 'n' || n)))
     FROM generate_series(1, $3::integer) n`,
    [seeded.organization_id, sessionId, count],
  )
  await pool.query('UPDATE session_heads SET last_sequence = $2 WHERE session_id = $1', [sessionId, count * 2 + 1])
  return sessionId
}

async function insertText(sessionId: string, sequence: number, text: string): Promise<void> {
  await fixture.pool.query(
    `INSERT INTO messages (organization_id, session_id, sequence, id, turn_id, place, role, content, created_at)
     VALUES ($1, $2, $3::bigint, 'message_' || md5($2 || $3::text), 'turn_' || $3::text, 0, 'user', $4, now())`,
    [seeded.organization_id, sessionId, sequence, JSON.stringify([{ type: 'text', text }])],
  )
}

describe('a page of a session whose messages are megabytes long', () => {
  it('ends early, so that the next has the others, and never before its first', async () => {
    const session_id = await fixture.createSession()
    const [large, small] = ['x'.repeat(7 * 1024 * 1024), 'small']
    for (const [index, text] of [large, large, large, 'x'.repeat(20 * 1024 * 1024), small].entries()) await insertText(session_id, (index + 1) * 2, text)
    await fixture.pool.query(
      `INSERT INTO journal (organization_id, session_id, first_sequence, last_sequence, event_ms, turn_id, events)
       SELECT $1, $2, n * 2, n * 2 + 1, 1000000, 'turn_' || n, '[{"type":"input.message","data":{}},{"type":"reason.started","data":{}}]' FROM generate_series(1, 5) n`,
      [seeded.organization_id, session_id],
    )
    const base = { organization_id: seeded.organization_id, session_id, limit: 1_000 }
    const list = async (newest: boolean, more: object = {}) => (await listMessages(fixture.pool, { ...base, newest, ...more })).map(({ sequence }) => sequence)
    expect(await list(false)).toEqual([2, 4])
    expect(await list(false, { after_sequence: 4 })).toEqual([6])
    expect(await list(false, { after_sequence: 6 })).toEqual([8])
    expect(await list(true)).toEqual([10])
    expect(await list(true, { before_sequence: 8 })).toEqual([4, 6])
    const find = async (after_sequence: number) => (await findEvents(fixture.pool, { ...base, after_sequence, newest: false }, signal)).map(({ sequence }) => sequence)
    expect(await find(1)).toEqual([2, 3, 4, 5])
    expect(await find(7)).toEqual([8])
    const search = async (newest: boolean, more: object = {}) => (await searchMessages(fixture.pool, { ...base, newest, ...more }, '-small', signal)).map(({ sequence }) => sequence)
    expect(await search(false)).toEqual([2, 4])
    expect(await search(true)).toEqual([8])
    expect(await search(true, { before_sequence: 8 })).toEqual([4, 6])
    const filtered = async (newest: boolean, more: object = {}) =>
      (await findEvents(fixture.pool, { ...base, newest, types: ['input.message'], ...more }, signal)).map(({ sequence }) => sequence)
    expect(await filtered(false)).toEqual([2, 4])
    expect(await filtered(true, { before_sequence: 8 })).toEqual([4, 6])
  })
})

describe('looking through a long session', () => {
  it('finds messages wherever they are, over many slices, from either end', async () => {
    const session_id = await fillSession()
    const base = { organization_id: seeded.organization_id, session_id }
    const find = async (changes: { limit: number; newest: boolean; after_sequence?: number; before_sequence?: number }, q = 'rare') =>
      (await searchMessages(fixture.pool, { ...base, ...changes }, q, signal)).map(({ sequence }) => sequence)
    expect(await find({ limit: 10, newest: true })).toEqual([1_000, 3_000, 5_000])
    expect(await find({ limit: 10, newest: false })).toEqual([1_000, 3_000, 5_000])
    expect(await find({ limit: 2, newest: true })).toEqual([3_000, 5_000])
    expect(await find({ limit: 2, newest: false })).toEqual([1_000, 3_000])
    expect(await find({ limit: 10, newest: true, after_sequence: 1_000, before_sequence: 5_000 })).toEqual([3_000])
    expect(await find({ limit: 10_000, newest: true }, 'number -rare')).toHaveLength(count - 3)
  })

  it('finds events wherever they are, over many slices, from either end', async () => {
    const session_id = await fillSession()
    const find = async (limit: number, newest: boolean, more: object) =>
      (await findEvents(fixture.pool, { organization_id: seeded.organization_id, session_id, limit, newest, ...more }, signal)).map(({ sequence }) => sequence)
    for (const newest of [false, true]) {
      expect(await find(10, newest, { types: ['tool.progress'] })).toEqual([1_001, 3_001, 5_001])
      expect(await find(10, newest, { tool_name: 'n1500' })).toEqual([3_001])
      expect(await find(10, newest, { q: ' RARE' })).toEqual([1_000, 3_000, 5_000])
      // Bounds inside a checkpoint: its other event is not shown.
      expect(await find(10, newest, { q: 'rare', after_sequence: 1_000, before_sequence: 3_001 })).toEqual([3_000])
      expect(await find(10, newest, { types: ['tool.progress'], after_sequence: 1_000, before_sequence: 3_001 })).toEqual([1_001])
    }
    expect(await find(2, true, { types: ['tool.progress'] })).toEqual([3_001, 5_001])
    expect(await find(2, false, { types: ['tool.progress'] })).toEqual([1_001, 3_001])
    expect(await find(3, true, { before_sequence: 100 })).toEqual([97, 98, 99])
  })

  it('finds the bounds of a time among checkpoints of the same millisecond', async () => {
    const session_id = await fillSession()
    // What came with the session is the first by its sequence, and newer than these by the clock.
    await fixture.pool.query('DELETE FROM journal WHERE session_id = $1 AND first_sequence = 1', [session_id])
    const range = (from: number | null, to: number | null) => findTimeRange(fixture.pool, session_id, from, to)
    expect(await range(1_000_100, 1_000_100)).toEqual({ after: 199, before: 220 })
    expect(await range(1_000_101, 1_000_109)).toEqual({ after: 219, before: 220 })
    expect(await range(null, 1_000_000)).toEqual({ after: 0, before: 20 })
    expect(await range(0, null)).toEqual({ after: 0, before: Number.MAX_SAFE_INTEGER })
    expect((await range(2_000_000, null)).after).toBe(count * 2 + 1)
  })
})

describe('a search', () => {
  it('takes any input, and finds something or nothing', async () => {
    const sessionId = await fixture.createSession()
    await insertText(sessionId, 10, 'a b c')
    const filter = { organization_id: seeded.organization_id, session_id: sessionId, limit: 10, newest: true }
    const alphabet = ['a', 'b', ' ', ' ', '"', '-', 'or', '&', '|', '!', '(', ')', ':', '*', '<', '>', "'", '\\', '%', '_', '/', '.', 'é', '漢', '🎈', '\t', '\n', '0', '1e', '@']
    let state = 42
    const next = () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31
    for (let round = 0; round < 300; round++) {
      const q = Array.from({ length: 1 + Math.floor(next() * 12) }, () => alphabet[Math.floor(next() * alphabet.length)]).join('')
      await expect(searchMessages(fixture.pool, filter, q, signal), JSON.stringify(q)).resolves.toBeInstanceOf(Array)
    }
  })

  it('is not held up by texts that are nearly urls, tags or compound words, over and over', async () => {
    const sessionId = await fixture.createSession()
    const bytes = 200 * 1024
    const units = ['a_', 'a-', '/a', '<a', '<!-- ', 'a@', 'a.b-', 'http://', '&#1', '1e', '~/', '1.', 'a.b:1/', 'x']
    for (const [index, unit] of units.entries()) await insertText(sessionId, index + 10, `needle ${unit.repeat(bytes / unit.length)}`)
    // Half a million words that are all different, as short as they can be.
    await insertText(sessionId, 100, `needle ${Array.from({ length: bytes / 4 }, (_, index) => index.toString(36).padStart(3, '0')).join(' ')}`)
    await insertText(sessionId, 101, `needle ${Array.from({ length: bytes / 7 }, (_, index) => String.fromCodePoint(0x4e00 + (index % 20_000), 0x4e00 + Math.floor(index / 20_000))).join(' ')}`)
    const client = await fixture.pool.connect()
    try {
      // PostgreSQL's own reading of the first of these takes half an hour.
      await client.query(`SET statement_timeout = '15s'`)
      const found = await searchMessages(client, { organization_id: seeded.organization_id, session_id: sessionId, limit: 100, newest: true }, 'needle', signal)
      expect(found).toHaveLength(units.length + 2)
    } finally {
      client.release(true)
    }
  })
})
