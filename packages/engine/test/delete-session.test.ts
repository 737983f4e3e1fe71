import { eraseSession, insertToolResultValue, readTurn, seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { countSessionRows, listSessionTables } from '../../store/test/support/list-session-tables.ts'
import { openEngineFixture, script, type EngineFixture, type EngineProcess } from './support/engine-fixture.ts'
import { askTool, fillSession, until } from './support/fill-session.ts'

let fixture: EngineFixture
let process: EngineProcess
/** Orders, and leaves the erasing to whom a test starts for it. */
let deleter: EngineProcess
beforeAll(async () => {
  fixture = await openEngineFixture()
  process = await fixture.startProcess()
  deleter = await fixture.startProcess({ slots: 0 })
})
afterAll(() => fixture.close())

const { organization_id } = seeded
const signal = new AbortController().signal
const hang = script([{ text: 'never', fail: { kind: 'hang', times: 1 } }])

const deleteSession = (session_id: string, by = deleter) => by.engine.deleteSession({ organization_id, session_id })

async function accept(session_id: string, text: string, by = process): Promise<string> {
  const accepted = await by.engine.acceptMessage(fixture.message(session_id, text, { idempotency_key: `key-${text.length}` }))
  if (accepted.outcome !== 'stored') throw new Error(accepted.outcome)
  return accepted.message.turn_id
}

describe('a session that is deleted', () => {
  test('is gone once, and takes nothing any more', async () => {
    const session = await fixture.createSession()
    expect(await deleteSession(session)).toBe(true)
    expect(await deleteSession(session)).toBe(false)
    expect(await process.engine.acceptMessage(fixture.message(session, 'late'))).toEqual({ outcome: 'session_not_found' })
  })

  test('is not found by another organization, and stays', async () => {
    const session = await fixture.createSession()
    expect(await deleter.engine.deleteSession({ organization_id: `org_${'e'.repeat(32)}`, session_id: session })).toBe(false)
    expect((await process.engine.acceptMessage(fixture.message(session, 'still here'))).outcome).toBe('stored')
  })

  test('stops what runs, ends what waits, and nothing of it is claimed again', async () => {
    const session = await fixture.createSession()
    const turns = [await accept(session, hang), await accept(session, 'waits'), await accept(session, 'waits too')]
    await fixture.eventsUntil(process, session, 'reason.started')
    const before = await fixture.events(session)
    await deleteSession(session)
    for (const turn of turns) expect((await readTurn(fixture.pool, organization_id, turn))?.status).toBe('cancelled')
    await until(() => process.engine.worker.isIdle)
    const other = await fixture.startProcess()
    await until(async () => (await fixture.pool.query(`SELECT FROM workers WHERE heartbeat_at > clock_timestamp() - interval '1 second'`)).rowCount! >= 2)
    const { rows } = await fixture.pool.query(`SELECT FROM turns WHERE session_id = $1 AND (worker_id IS NOT NULL OR status <> 'cancelled')`, [session])
    expect(rows).toEqual([])
    expect(await fixture.events(session)).toEqual(before)
    await other.stop()
  })

  test('closes the calls that a parked turn waited for with it', async () => {
    const session = await fixture.createSession({ tools: [askTool] })
    const turn = await accept(session, script([{ tool_calls: [{ name: 'ask', arguments: {} }] }]))
    await fixture.eventsUntil(process, session, 'tool.call_requested')
    await deleteSession(session)
    expect((await readTurn(fixture.pool, organization_id, turn))?.status).toBe('cancelled')
    const answered = await process.engine.submitToolResults({ organization_id, session_id: session, results: [{ tool_call_id: 'call_1', result: 1 }] })
    expect(answered).toEqual({ outcome: 'session_not_found' })
  })

  test('ends a stream of another process', async () => {
    const other = await fixture.startProcess()
    const session = await fixture.createSession()
    const following = fixture.eventsUntil(other, session, 'turn.completed')
    await until(() => other.hub.followedSessions.includes(session))
    await Promise.all([expect(following).rejects.toThrow('the stream ended'), deleteSession(session)])
    await other.stop()
  })

  test('accepts a message before or not at all, however many come at once', async () => {
    const session = await fixture.createSession()
    const messages = Array.from({ length: 30 }, (_, index) => process.engine.acceptMessage(fixture.message(session, 'x', { idempotency_key: `k${index}` })))
    const [deleted, ...outcomes] = await Promise.all([deleteSession(session), ...messages])
    expect(deleted).toBe(true)
    for (const { outcome } of outcomes) expect(outcome).toMatch(/^(stored|session_not_found)$/)
    const { rows } = await fixture.pool.query(`SELECT FROM turns WHERE session_id = $1 AND ended_at IS NULL`, [session])
    expect(rows).toEqual([])
  })
})

describe('erasing', () => {
  test('leaves no row of the session in any table', async () => {
    const session = await fillSession(fixture, process)
    const filled = await countSessionRows(fixture.pool, session)
    expect(Object.keys(filled), 'the test fills every table that has rows of sessions').toEqual((await listSessionTables(fixture.pool)).map(({ name }) => name))
    await deleteSession(session)
    await eraseSession(fixture.pool, session, signal)
    expect(await countSessionRows(fixture.pool, session)).toEqual({})
  })

  test('touches nothing of a session that is there', async () => {
    const session = await fillSession(fixture, process)
    const filled = await countSessionRows(fixture.pool, session)
    await eraseSession(fixture.pool, session, signal)
    expect(await countSessionRows(fixture.pool, session)).toEqual(filled)
  })

  test('is taken up where it stopped, and done by two at once', async () => {
    const session = await fillSession(fixture, process)
    // Nobody is told, so nobody else erases it meanwhile.
    await fixture.pool.query('UPDATE session_heads SET deleted_at = now() WHERE session_id = $1', [session])
    const stopped = new AbortController()
    stopped.abort()
    await expect(eraseSession(fixture.pool, session, stopped.signal)).rejects.toThrow()
    expect(await countSessionRows(fixture.pool, session)).not.toEqual({})
    await Promise.all([eraseSession(fixture.pool, session, signal), eraseSession(fixture.pool, session, signal)])
    expect(await countSessionRows(fixture.pool, session)).toEqual({})
  })

  test('stores nothing for a session that is gone', async () => {
    const session = await fixture.createSession()
    await deleteSession(session)
    await insertToolResultValue(fixture.pool, { organization_id, session_id: session, value_id: 'value_1', bytes: Buffer.from('"x"') })
    expect((await countSessionRows(fixture.pool, session))['tool_result_values']).toBeUndefined()
  })

})
