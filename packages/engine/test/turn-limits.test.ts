import { newId } from '@reprise/contract'
import { insertSession, makeSeededSession, seeded } from '@reprise/store'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EngineOptions } from '../src/index.ts'
import { openEngineFixture, script, type EngineFixture, type EngineProcess } from './support/engine-fixture.ts'

let fixture: EngineFixture
beforeEach(async () => {
  fixture = await openEngineFixture()
})
afterEach(() => fixture.close())

const turn = (ms: number) => script([{ text: 'done', ttft_ms: ms }])
const askTool = { type: 'client_side' as const, name: 'ask', description: 'Asks', parameters: { type: 'object' } }
/** Its turn parks, and waits for its caller. */
const asking = script([{ tool_calls: [{ name: 'ask', arguments: {} }] }, { text: 'Thanks.' }])
const endless = script([{ fail: { kind: 'hang', times: 99 } }])

/** Turns that never end are left at once when it stops. */
const startProcess = (options: Partial<EngineOptions> = {}) => fixture.startProcess({ graceMs: 50, ...options })

async function limit(turns_running_max: number | null, organizationId: string = seeded.organization_id): Promise<void> {
  await fixture.pool.query('UPDATE organizations SET turns_running_max = $2 WHERE id = $1', [organizationId, turns_running_max])
}

async function post(process: EngineProcess, text: string, sessionId?: string): Promise<{ session_id: string; turn_id: string }> {
  const session_id = sessionId ?? (await fixture.createSession())
  const accepted = await process.engine.acceptMessage(fixture.message(session_id, text))
  if (accepted.outcome !== 'stored') throw new Error(accepted.outcome)
  return { session_id, turn_id: accepted.message.turn_id }
}

async function countTurns(status: string, organizationId: string = seeded.organization_id): Promise<number> {
  const { rows } = await fixture.pool.query<{ count: number }>('SELECT count(*)::integer AS count FROM turns WHERE status = $1 AND organization_id = $2', [status, organizationId])
  return rows[0]!.count
}

const until = (read: () => Promise<number>, count: number) => expect.poll(read, { timeout: 15_000, interval: 20 }).toBe(count)

/** The most turns that ran at once until all of them had ended, as looked at all the while. */
async function watchRunning(turns: number): Promise<number> {
  let most = 0
  while ((await countTurns('completed')) < turns) most = Math.max(most, await countTurns('running'))
  return most
}

/** Another organization with a model of its own, without a limit. */
async function createOrganization(): Promise<string> {
  const organization_id = newId('organization')
  const [provider_id, model_id] = [newId('provider'), newId('model')]
  await fixture.pool.query(`INSERT INTO organizations (id, name) VALUES ($1, 'Other')`, [organization_id])
  await fixture.pool.query(`INSERT INTO providers (organization_id, id, type, name) VALUES ($1, $2, 'sim', 'Sim')`, [organization_id, provider_id])
  await fixture.pool.query(
    `INSERT INTO models (organization_id, id, provider_id, model, display_name, context_window, supports_images, supports_tools) VALUES ($1, $2, $3, 'sim', 'Sim', 32000, true, true)`,
    [organization_id, model_id, provider_id],
  )
  await fixture.pool.query('UPDATE organizations SET default_model_id = $2 WHERE id = $1', [organization_id, model_id])
  return organization_id
}

describe('an organization with a limit on its turns', () => {
  test('runs no more than those in one process: the others are accepted and wait', async () => {
    await limit(2)
    const process = await startProcess()
    for (let index = 0; index < 8; index++) await post(process, turn(60))
    expect(await countTurns('ready')).toBeGreaterThan(0)
    expect(await watchRunning(8)).toBeLessThanOrEqual(2)
  })

  test('runs those that wait in the order they came, and before any that comes later', async () => {
    await limit(1)
    const process = await startProcess()
    const { session_id, turn_id } = await post(process, endless)
    const posted = [turn_id]
    for (let index = 0; index < 4; index++) posted.push((await post(process, turn(0))).turn_id)
    await process.engine.cancelTurns({ organization_id: seeded.organization_id, session_id, scope: 'all' })
    await fixture.eventsUntil(process, session_id, 'turn.cancelled')
    posted.push((await post(process, turn(0))).turn_id)
    await until(() => countTurns('completed'), 5)
    const { rows } = await fixture.pool.query<{ id: string }>('SELECT id FROM turns ORDER BY ended_at')
    expect(rows.map(({ id }) => id)).toEqual(posted)
  })

  test('starts a turn that waits within about a second of a place becoming free', async () => {
    await limit(1)
    const process = await startProcess()
    const first = await post(process, endless)
    const second = await post(process, turn(0))
    await fixture.eventsUntil(process, first.session_id, 'reason.started')
    await process.engine.cancelTurns({ organization_id: seeded.organization_id, session_id: first.session_id, scope: 'all' })
    const ended = (await fixture.eventsUntil(process, first.session_id, 'turn.cancelled')).at(-1)!
    const started = (await fixture.eventsUntil(process, second.session_id, 'turn.completed')).find(({ type }) => type === 'reason.started')!
    expect(Date.parse(started.ts) - Date.parse(ended.ts)).toBeLessThan(1_000)
  })

  test('is held over three processes, up to what they accept between two beats', async () => {
    await limit(3)
    const processes = [await startProcess(), await startProcess(), await startProcess()]
    await post(processes[0]!, endless)
    await post(processes[1]!, endless)
    await post(processes[2]!, endless)
    // Each has heard of the others' turns before more come.
    const place = { organization_id: seeded.organization_id, turns_running_max: 3 }
    for (const { engine } of processes) {
      await expect.poll(() => {
        const hasRoom = engine.worker.takeSlot(place)
        if (hasRoom) engine.worker.freeSlot(place.organization_id)
        return hasRoom
      }, { timeout: 5_000 }).toBe(false)
    }
    for (let index = 0; index < 9; index++) await post(processes[index % 3]!, turn(0))
    expect({ running: await countTurns('running'), ready: await countTurns('ready') }).toEqual({ running: 3, ready: 9 })
    await limit(null)
    await until(() => countTurns('completed'), 9)
  })

  test('leaves other organizations alone', async () => {
    await limit(1)
    const other = await createOrganization()
    const process = await startProcess()
    await post(process, endless)
    for (let index = 0; index < 5; index++) await post(process, turn(0))
    for (let index = 0; index < 5; index++) {
      const session = await insertSession(fixture.pool, makeSeededSession({ organization_id: other, agent_id: null }))
      const accepted = await process.engine.acceptMessage(fixture.message(session.id, 'hello', { organization_id: other }))
      expect(accepted).toMatchObject({ outcome: 'stored', delivery: 'started' })
    }
    await until(() => countTurns('completed', other), 5)
    expect({ running: await countTurns('running'), ready: await countTurns('ready') }).toEqual({ running: 1, ready: 5 })
  })

  test('gives a place that becomes free to the session that has waited, not to the next turn of the same one', async () => {
    await limit(1)
    const process = await startProcess()
    const first = await post(process, turn(700))
    const waiting = await post(process, turn(0))
    await until(() => countTurns('ready'), 1)
    for (let index = 0; index < 3; index++) await post(process, turn(0), first.session_id)
    await until(() => countTurns('completed'), 5)
    const { rows } = await fixture.pool.query<{ id: string }>('SELECT id FROM turns ORDER BY ended_at')
    expect(rows.slice(0, 2).map(({ id }) => id)).toEqual([first.turn_id, waiting.turn_id])
  })

  test('ends a turn that waits for a place, and one that is parked, however full it is', async () => {
    await limit(1)
    const process = await startProcess()
    const { organization_id } = seeded
    const parked = await post(process, asking, await fixture.createSession({ tools: [askTool] }))
    await until(() => countTurns('parked'), 1)
    await post(process, endless)
    await process.engine.cancelTurns({ organization_id, session_id: parked.session_id, scope: 'all' })
    await fixture.eventsUntil(process, parked.session_id, 'turn.cancelled')
    const waiting = await post(process, turn(0))
    await process.engine.cancelTurns({ organization_id, session_id: waiting.session_id, scope: 'all' })
    await fixture.eventsUntil(process, waiting.session_id, 'turn.cancelled')
    // Also where only a beat can take it up.
    const api = await startProcess({ slots: 0 })
    const another = await post(api, turn(0))
    await api.engine.cancelTurns({ organization_id, session_id: another.session_id, scope: 'all' })
    await fixture.eventsUntil(api, another.session_id, 'turn.cancelled')
    expect({ running: await countTurns('running'), cancelled: await countTurns('cancelled') }).toEqual({ running: 1, cancelled: 3 })
  })

  test('does not count turns that are parked', async () => {
    await limit(1)
    const process = await startProcess()
    const session_id = await fixture.createSession({ tools: [askTool] })
    await post(process, asking, session_id)
    await until(() => countTurns('parked'), 1)
    await post(process, turn(0))
    await until(() => countTurns('completed'), 1)
    expect(await countTurns('parked')).toBe(1)
    // What it is answered is taken while there is no place, and waits for one.
    const endlessTurn = await post(process, endless)
    const submitted = await process.engine.submitToolResults({ organization_id: seeded.organization_id, session_id, results: [{ tool_call_id: 'call_1', result: 'yes' }] })
    expect(submitted.outcome).toBe('accepted')
    expect(await countTurns('ready')).toBe(1)
    await process.engine.cancelTurns({ organization_id: seeded.organization_id, session_id: endlessTurn.session_id, scope: 'all' })
    await until(() => countTurns('completed'), 2)
  })

  test('that has a lower limit now comes down to it, and one that has none any more runs what waits', async () => {
    const process = await startProcess()
    const sessions: string[] = []
    for (let index = 0; index < 4; index++) sessions.push((await post(process, turn(900))).session_id)
    await limit(1)
    for (const session of sessions) for (let index = 0; index < 2; index++) await post(process, turn(300), session)
    await until(() => countTurns('completed'), 4)
    await expect.poll(() => countTurns('running'), { timeout: 5_000, interval: 10 }).toBeLessThanOrEqual(1)
    expect(await countTurns('ready')).toBeGreaterThan(0)
    await limit(null)
    await until(() => countTurns('completed'), 12)
  })
})
