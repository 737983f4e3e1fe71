import type { ApprovalDecision, Event } from '@reprise/contract'
import { Journal, readTurn, seeded } from '@reprise/store'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTool, type ToolContext } from '../src/index.ts'
import { startCuttingProxy } from '../../store/test/support/cutting-proxy.ts'
import { openEngineFixture, script, type EngineFixture, type EngineProcess } from './support/engine-fixture.ts'

let fixture: EngineFixture
let process: EngineProcess
let elsewhere: EngineProcess
let runs: ToolContext[] = []
/** What the guarded tool does before it answers. */
let behave: () => Promise<void>

const wipe = defineTool({
  name: 'wipe',
  description: '',
  input: z.object({ disk: z.string() }),
  effects: 'at_most_once',
  requires_approval: true,
  async run({ disk }, context) {
    runs.push(context)
    await behave()
    return { ok: true, result: `${disk} is wiped` }
  },
})
const options = { capabilities: [{ ref: 'disks', description: '', tools: [wipe] }], limits: { callerMsMax: 60_000 } }

beforeAll(async () => {
  fixture = await openEngineFixture()
  process = await fixture.startProcess(options)
  elsewhere = await fixture.startProcess(options)
})
afterAll(() => fixture.close())
beforeEach(() => {
  runs = []
  behave = async () => {}
})

const { organization_id } = seeded
const ofType = (events: Event[], type: string) => events.filter((event) => event.type === type)
const results = (events: Event[]) => ofType(events, 'tool.completed').map((event) => event.data)
const wipeCall = (disk: unknown = 'a') => ({ name: 'wipe', arguments: { disk } })
const askCall = { name: 'ask', arguments: { question: 'Which?' } }
const guardedAsk = { type: 'client_side' as const, name: 'ask_first', description: '', parameters: { type: 'object' }, requires_approval: true }
const ask = { type: 'client_side' as const, name: 'ask', description: '', parameters: { type: 'object' } }

async function start(tool_calls: object[], on = process): Promise<string> {
  const sessionId = await fixture.createSession({ capabilities: [{ ref: 'disks' }, { ref: 'calculator' }], tools: [ask, guardedAsk] })
  await on.engine.acceptMessage(fixture.message(sessionId, script([{ tool_calls }, { text: 'Done.' }])))
  return sessionId
}

/** A session whose turn waits until somebody decides about these calls. */
async function park(tool_calls: object[] = [wipeCall()], on = process): Promise<string> {
  const sessionId = await start(tool_calls, on)
  await fixture.eventsUntil(on, sessionId, 'tool.approval_requested')
  return sessionId
}

async function decide(session_id: string, decisions: Record<string, ApprovalDecision>, { by = process, reason = null as string | null } = {}) {
  const approvals = Object.entries(decisions).map(([tool_call_id, decision]) => ({ tool_call_id, decision, reason }))
  return await by.engine.submitToolApprovals({ organization_id, session_id, approvals })
}

async function submit(session_id: string, tool_call_id: string, result: unknown) {
  return await process.engine.submitToolResults({ organization_id, session_id, results: [{ tool_call_id, result }] })
}

async function passDeadline(sessionId: string): Promise<void> {
  await fixture.pool.query("UPDATE tool_calls SET deadline_at = now() - interval '1 second' WHERE session_id = $1 AND deadline_at IS NOT NULL", [sessionId])
  await fixture.pool.query("UPDATE turns SET wake_at = now() - interval '1 second' WHERE session_id = $1", [sessionId])
}

describe('a call that needs approval', () => {
  test('parks its turn before it runs, and runs once it is approved, whoever approves it', async () => {
    const sessionId = await park()
    expect(runs).toEqual([])
    const { rows } = await fixture.pool.query('SELECT status, worker_id FROM turns WHERE session_id = $1', [sessionId])
    expect(rows).toEqual([{ status: 'parked', worker_id: null }])
    expect(await decide(sessionId, { call_1: 'approve' }, { by: elsewhere })).toEqual({ outcome: 'accepted', accepted: 1 })
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(ofType(events, 'tool.approval_requested')[0]?.data).toEqual({ tool_calls: [{ id: 'call_1', name: 'wipe', arguments: { disk: 'a' } }] })
    expect(ofType(events, 'tool.approval_decided')[0]?.data).toMatchObject({ approvals: [{ tool_call_id: 'call_1', tool_name: 'wipe', decision: 'approve' }] })
    expect(results(events)).toMatchObject([{ success: true, result: 'a is wiped' }])
    expect(ofType(events, 'turn.completed')).toHaveLength(1)
    expect(runs.map((run) => run.attempt)).toEqual([1])
  })

  test('never runs once it is denied: the model reads why', async () => {
    const sessionId = await park()
    expect(await decide(sessionId, { call_1: 'deny' }, { reason: 'Not that disk.' })).toEqual({ outcome: 'accepted', accepted: 1 })
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(results(events)).toMatchObject([{ success: false, status: 'error', error: 'The call was not approved: Not that disk.' }])
    expect(ofType(events, 'turn.completed')).toHaveLength(1)
    expect(runs).toEqual([])
  })

  test('of its caller is asked for only then', async () => {
    const sessionId = await park([{ name: 'ask_first', arguments: {} }])
    expect(await submit(sessionId, 'call_1', 'too early')).toEqual({ outcome: 'not_waiting' })
    await decide(sessionId, { call_1: 'approve' })
    const asked = await fixture.eventsUntil(process, sessionId, 'tool.call_requested')
    expect(ofType(asked, 'tool.call_requested')[0]?.data).toMatchObject({ tool_calls: [{ id: 'call_1', name: 'ask_first' }] })
    expect(await submit(sessionId, 'call_1', 'yes')).toEqual({ outcome: 'accepted', accepted: 1 })
    expect(results(await fixture.eventsUntil(process, sessionId, 'session.idled'))).toMatchObject([{ success: true, result: 'yes' }])
  })

  test('waits until tools that need none have run, and nobody decides before', async () => {
    const gate = Promise.withResolvers<void>()
    const slow = defineTool({ name: 'slow', description: '', input: z.object({}), effects: 'idempotent', run: () => gate.promise.then(() => ({ ok: true, result: 1 })) })
    const other = await fixture.startProcess({ ...options, capabilities: [...options.capabilities, { ref: 'slow', description: '', tools: [slow] }] })
    const sessionId = await fixture.createSession({ capabilities: [{ ref: 'disks' }, { ref: 'slow' }] })
    await other.engine.acceptMessage(fixture.message(sessionId, script([{ tool_calls: [wipeCall(), { name: 'slow' }] }, { text: 'Done.' }])))
    await fixture.eventsUntil(other, sessionId, 'tool.started', 2)
    expect(await decide(sessionId, { call_1: 'approve' })).toEqual({ outcome: 'not_waiting' })
    gate.resolve()
    const events = await fixture.eventsUntil(other, sessionId, 'tool.approval_requested')
    expect(ofType(events, 'tool.completed').map((event) => event.data['tool_name'])).toEqual(['slow'])
    await decide(sessionId, { call_1: 'deny' })
    await fixture.eventsUntil(other, sessionId, 'turn.completed')
    await other.stop()
  })

  test('is asked for by a capability’s config too', async () => {
    const sessionId = await fixture.createSession({ capabilities: [{ ref: 'calculator', config: { requires_approval: true } }] })
    await process.engine.acceptMessage(fixture.message(sessionId, script([{ tool_calls: [{ name: 'calculator', arguments: { expression: '6*7' } }] }, { text: 'Done.' }])))
    await fixture.eventsUntil(process, sessionId, 'tool.approval_requested')
    await decide(sessionId, { call_1: 'approve' })
    expect(results(await fixture.eventsUntil(process, sessionId, 'session.idled'))).toMatchObject([{ success: true, result: { value: 42 } }])
  })

  test('is not put to anybody when its arguments are impossible', async () => {
    const sessionId = await start([wipeCall(7)])
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(ofType(events, 'tool.approval_requested')).toEqual([])
    expect(results(events)).toMatchObject([{ success: false, error: expect.stringMatching(/^Invalid arguments: disk: /) }])
  })

  test('still needs it when its tool does not any more: that was pinned when the call was made', async () => {
    const sessionId = await park()
    const changed = await fixture.startProcess({ ...options, capabilities: [{ ref: 'disks', description: '', tools: [{ ...wipe, requires_approval: false }] }] })
    await changed.engine.acceptMessage(fixture.message(sessionId, 'Well?'))
    expect(results(await fixture.eventsUntil(changed, sessionId, 'turn.completed'))).toMatchObject([{ success: false }])
    expect(runs).toEqual([])
    await changed.stop()
  })
})

describe('decisions', () => {
  test('may come one by one and beside results; nothing runs before the last that is awaited', async () => {
    const sessionId = await park([wipeCall('a'), askCall, wipeCall('b')])
    const asked = await fixture.events(sessionId)
    expect(ofType(asked, 'tool.approval_requested')[0]?.data).toMatchObject({ tool_calls: [{ id: 'call_1' }, { id: 'call_3' }] })
    expect(ofType(asked, 'tool.call_requested')[0]?.data).toMatchObject({ tool_calls: [{ id: 'call_2' }] })
    expect(await decide(sessionId, { call_1: 'approve' })).toEqual({ outcome: 'accepted', accepted: 1 })
    expect(await decide(sessionId, { call_3: 'deny' })).toEqual({ outcome: 'accepted', accepted: 1 })
    expect(runs).toEqual([])
    const { rows } = await fixture.pool.query('SELECT status FROM turns WHERE session_id = $1', [sessionId])
    expect(rows).toEqual([{ status: 'parked' }])
    await submit(sessionId, 'call_2', 'this one')
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(results(events)).toMatchObject([{ tool_call_id: 'call_3', success: false }, { tool_call_id: 'call_2', success: true }, { tool_call_id: 'call_1', success: true }])
    expect(runs).toHaveLength(1)
  })

  test('count again when they are the same, and are refused when they are others', async () => {
    const sessionId = await park([wipeCall(), wipeCall(), wipeCall()])
    await decide(sessionId, { call_1: 'approve', call_2: 'deny' })
    expect(await decide(sessionId, { call_1: 'approve', call_2: 'deny' }, { reason: 'another reason' })).toEqual({ outcome: 'accepted', accepted: 2 })
    expect(await decide(sessionId, { call_3: 'approve', call_1: 'deny' })).toEqual({ outcome: 'call_closed', tool_call_id: 'call_1' })
    expect(await decide(sessionId, { call_2: 'approve' })).toEqual({ outcome: 'call_closed', tool_call_id: 'call_2' })
    await decide(sessionId, { call_3: 'approve' })
    await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(await decide(sessionId, { call_1: 'approve', call_3: 'approve' })).toEqual({ outcome: 'accepted', accepted: 2 })
    expect(await decide(sessionId, { call_1: 'deny' })).toEqual({ outcome: 'call_closed', tool_call_id: 'call_1' })
    expect(runs).toHaveLength(2)
  })

  test('of many sent at once by two processes one is taken for each call, and each call runs at most once', async () => {
    const sessionId = await park([wipeCall(), wipeCall()])
    const said = await Promise.all(
      Array.from({ length: 20 }, (_, index) => decide(sessionId, { [`call_${1 + (index % 2)}`]: index % 4 < 2 ? 'approve' : 'deny' }, { by: index % 3 ? process : elsewhere })),
    )
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    const decided = ofType(events, 'tool.approval_decided').flatMap((event) => event.data['approvals'] as { tool_call_id: string; decision: string }[])
    expect(decided.map((one) => one.tool_call_id).sort()).toEqual(['call_1', 'call_2'])
    said.forEach(({ outcome }, index) => {
      const won = decided.find((one) => one.tool_call_id === `call_${1 + (index % 2)}`)!.decision
      expect(outcome).toBe(won === (index % 4 < 2 ? 'approve' : 'deny') ? 'accepted' : 'call_closed')
    })
    expect(runs).toHaveLength(decided.filter((one) => one.decision === 'approve').length)
    expect(results(events)).toHaveLength(2)
  })

  test('are refused about calls that need none, and in sessions that wait for none', async () => {
    const sessionId = await park([wipeCall(), askCall])
    expect(await decide(sessionId, { call_2: 'approve' })).toEqual({ outcome: 'unknown_call', tool_call_id: 'call_2' })
    expect(await decide(sessionId, { call_9: 'approve' })).toEqual({ outcome: 'unknown_call', tool_call_id: 'call_9' })
    expect(await decide(`sess_${'0'.repeat(32)}`, { call_1: 'approve' })).toEqual({ outcome: 'session_not_found' })
    expect(await submit(sessionId, 'call_1', 'forged')).toEqual({ outcome: 'not_waiting' })
  })
})

describe('while it waits for approval, a turn', () => {
  test('goes on without what nobody approved in time, and runs what somebody did', async () => {
    const sessionId = await park([wipeCall('a'), wipeCall('b')])
    await decide(sessionId, { call_1: 'approve' })
    await passDeadline(sessionId)
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(results(events)).toMatchObject([
      { tool_call_id: 'call_1', success: true },
      { tool_call_id: 'call_2', success: false, error: 'The call was not approved in time.' },
    ])
    expect(await decide(sessionId, { call_2: 'approve' })).toEqual({ outcome: 'call_closed', tool_call_id: 'call_2' })
    expect(runs).toHaveLength(1)
  })

  test.for(['enqueue', 'steer'] as const)('goes on with a message that comes instead (%s)', async (when_busy) => {
    const sessionId = await park()
    expect(await elsewhere.engine.acceptMessage(fixture.message(sessionId, 'Never mind.', { when_busy }))).toMatchObject({ delivery: 'resumed' })
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(results(events)).toMatchObject([{ success: false, error: 'The caller sent a message instead of an approval.' }])
    expect(await decide(sessionId, { call_1: 'approve' })).toEqual({ outcome: 'call_closed', tool_call_id: 'call_1' })
    expect(runs).toEqual([])
  })

  test('ends with a cancel, and says that the call never ran', async () => {
    const sessionId = await park()
    await elsewhere.engine.cancelTurns({ organization_id, session_id: sessionId, scope: 'all' })
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(results(events)).toMatchObject([{ status: 'cancelled' }])
    expect(ofType(events, 'turn.cancelled')).toHaveLength(1)
    expect(runs).toEqual([])
  })

  test('that then fails says that the call never ran', async () => {
    const sessionId = await park()
    await fixture.pool.query('UPDATE turns SET recoveries = 10 WHERE session_id = $1', [sessionId])
    await process.engine.acceptMessage(fixture.message(sessionId, 'Well?'))
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(results(events)).toMatchObject([{ status: 'error', error: 'The turn failed before the call was approved.' }])
    expect(ofType(events, 'turn.failed')).toHaveLength(1)
    expect(runs).toEqual([])
  })

  test('goes on at once also when the reply to that message was lost: what somebody approved runs', async () => {
    const proxy = await startCuttingProxy(fixture.connectionString)
    const journal = new Journal({ connectionString: proxy.connectionString })
    const deaf = await fixture.startProcess({ ...options, journal })
    const sessionId = await park([wipeCall('a'), wipeCall('b')])
    // The journal's connection is there by then.
    await decide(sessionId, { call_1: 'approve' }, { by: deaf })
    proxy.cutNext('reply')
    expect(await deaf.engine.acceptMessage(fixture.message(sessionId, 'Well?'))).toMatchObject({ delivery: 'resumed' })
    expect(proxy.cuts).toBe(1)
    await expect.poll(async () => ofType(await fixture.events(sessionId), 'session.idled'), { timeout: 10_000 }).toHaveLength(1)
    expect(results(await fixture.events(sessionId))).toMatchObject([{ tool_call_id: 'call_1', success: true }, { tool_call_id: 'call_2', success: false }])
    expect(runs.map((run) => run.attempt)).toEqual([1])
    await deaf.stop()
    await journal.stop()
    await proxy.stop()
  })

  test('ends for a message that interrupts it', async () => {
    const sessionId = await park()
    await process.engine.acceptMessage(fixture.message(sessionId, 'Now this.', { when_busy: 'interrupt' }))
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(events.filter((event) => event.type.startsWith('turn.')).map((event) => event.type)).toEqual(['turn.started', 'turn.cancelled', 'turn.started', 'turn.completed'])
  })
})

describe('an approved call whose process dies', () => {
  test('while it runs has an unknown outcome where it must run at most once', async () => {
    const dying = await fixture.startProcess({ ...options, graceMs: 0 })
    const sessionId = await park([wipeCall()], dying)
    const reached = Promise.withResolvers<void>()
    behave = () => {
      reached.resolve()
      return new Promise(() => {})
    }
    await decide(sessionId, { call_1: 'approve' }, { by: dying })
    await reached.promise
    await dying.stop()
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(results(events)).toMatchObject([{ status: 'outcome_unknown' }])
    expect(runs).toHaveLength(1)
    expect(await decide(sessionId, { call_1: 'approve' })).toEqual({ outcome: 'accepted', accepted: 1 })
  })

  test('before the decision runs once the decision is there', async () => {
    const dying = await fixture.startProcess({ ...options, graceMs: 0 })
    const sessionId = await park([wipeCall()], dying)
    await dying.stop()
    await decide(sessionId, { call_1: 'approve' }, { by: elsewhere })
    expect(results(await fixture.eventsUntil(process, sessionId, 'session.idled'))).toMatchObject([{ success: true }])
    const { rows } = await fixture.pool.query<{ id: string }>('SELECT id FROM turns WHERE session_id = $1', [sessionId])
    expect(await readTurn(fixture.pool, organization_id, rows[0]!.id)).toMatchObject({ status: 'completed' })
  })
})
