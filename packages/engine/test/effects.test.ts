import { setImmediate as nextRound } from 'node:timers/promises'
import { AppError, type EffectsMode, type Event } from '@reprise/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTool, ToolFault, type Tool, type ToolContext, type ToolOutcome } from '../src/index.ts'
import { openEngineFixture, script, type EngineFixture, type EngineProcess } from './support/engine-fixture.ts'

let fixture: EngineFixture
let process: EngineProcess
/** What the tool under test does: each test says it. */
let behave: (context: ToolContext) => ToolOutcome | Promise<ToolOutcome>
let runs: ToolContext[] = []
beforeAll(async () => {
  fixture = await openEngineFixture()
  process = await fixture.startProcess(options)
  await fixture.pool.query('CREATE TABLE effects (idempotency_key text PRIMARY KEY)')
})
afterAll(() => fixture.close())
beforeEach(() => {
  runs = []
})

const tool = (effects: EffectsMode, name: string = effects): Tool =>
  defineTool({
    name,
    description: '',
    input: z.object({}),
    effects,
    async run(_, context) {
      runs.push(context)
      return await behave(context)
    },
  })
const options = {
  capabilities: [{ ref: 'effects', description: '', tools: [tool('idempotent'), tool('at_most_once'), tool('transactional'), tool('idempotent', 'now_idempotent'), tool('at_most_once', 'now_at_most_once')] }],
  limits: { toolCallMsMax: 400, toolAttemptsMax: 3 },
}

const ofType = (events: Event[], type: string) => events.filter((event) => event.type === type)

async function call(name: string, on = process, calls = 1): Promise<string> {
  const sessionId = await fixture.createSession({ capabilities: [{ ref: 'effects' }] })
  const steps = [{ tool_calls: Array.from({ length: calls }, () => ({ name, arguments: {} })) }, { text: 'done' }]
  const accepted = await on.engine.acceptMessage(fixture.message(sessionId, script(steps)))
  expect(accepted.outcome).toBe('stored')
  return sessionId
}

async function resultOf(sessionId: string, on = process): Promise<Event['data']> {
  const events = await fixture.eventsUntil(on, sessionId, 'session.idled')
  const [completed, ...others] = ofType(events, 'tool.completed')
  expect(others).toEqual([])
  return completed!.data
}

/** Runs once in a process that is stopped while it runs, and answers the session. */
async function leaveMidway(effects: EffectsMode, name: string = effects): Promise<string> {
  const capabilities = [{ ref: 'effects', description: '', tools: [tool(effects, name)] }]
  const first = await fixture.startProcess({ capabilities, graceMs: 0, limits: { toolCallMsMax: 60_000 } })
  const reached = Promise.withResolvers<void>()
  behave = () => {
    reached.resolve()
    return new Promise(() => {})
  }
  const sessionId = await call(name, first)
  await reached.promise
  behave = () => ({ ok: true, result: 'second time' })
  await first.stop()
  return sessionId
}

describe('an idempotent tool', () => {
  test('is run again under the same key by whoever takes the turn up, and the attempt is counted before', async () => {
    const sessionId = await leaveMidway('idempotent')
    expect(await resultOf(sessionId)).toMatchObject({ success: true, result: 'second time' })
    expect(runs.map((run) => run.attempt)).toEqual([1, 2])
    expect(new Set(runs.map((run) => run.idempotency_key)).size).toBe(1)
    const { rows } = await fixture.pool.query('SELECT attempt, closed_by FROM tool_calls WHERE session_id = $1', [sessionId])
    expect(rows).toEqual([{ attempt: 2, closed_by: 'tool' }])
  })

  test('is tried again when it fails for a while, and not for ever', async () => {
    behave = ({ attempt }) => {
      if (attempt < 3) throw new ToolFault('reset by peer', { retryable: true, mayHaveRun: true })
      return { ok: true, result: attempt }
    }
    expect(await resultOf(await call('idempotent'))).toMatchObject({ success: true, result: 3 })
    behave = () => {
      throw new ToolFault('reset by peer', { retryable: true, mayHaveRun: true })
    }
    expect(await resultOf(await call('idempotent'))).toMatchObject({ success: false, status: 'error', error: expect.stringContaining('reset by peer') })
    expect(runs).toHaveLength(6)
  })

  test('may say what no journal holds: it is mended, and the turn goes on', async () => {
    behave = ({ attempt, progress }) => {
      progress('a\u0000b')
      progress('half an emoji: \ud83d')
      if (attempt === 1) throw new ToolFault('reset\u0000by peer', { retryable: true, mayHaveRun: true })
      return { ok: true, result: 'well' }
    }
    const sessionId = await call('idempotent')
    expect(await resultOf(sessionId)).toMatchObject({ success: true, result: 'well' })
    const said = ['a\ufffdb', 'half an emoji: \ufffd']
    expect(ofType(await fixture.events(sessionId), 'tool.progress').map((event) => event.data['message'])).toEqual([...said, 'Attempt 2 follows: reset\ufffdby peer.', ...said])
  })

  test('is waited for when another of the same answer stops the run: it never runs beside the next run', async () => {
    const order: string[] = []
    const log = { info() {}, warn() {}, error: (_: object, message: string) => void order.push(message) }
    const stopped = await fixture.startProcess({ ...options, log, limits: { toolCallMsMax: 60_000 } })
    const thrown = Promise.withResolvers<void>()
    behave = async ({ tool_call_id, attempt }) => {
      if (attempt > 1) return { ok: true, result: 'second time' }
      if (tool_call_id === 'call_1') {
        thrown.resolve()
        throw new AppError('database_unavailable')
      }
      await thrown.promise
      for (let round = 0; round < 500; round++) await nextRound()
      order.push('the other is done')
      return { ok: true, result: 'first time' }
    }
    const sessionId = await call('idempotent', stopped, 2)
    const events = await fixture.eventsUntil(stopped, sessionId, 'session.idled')
    expect(order).toEqual(['the other is done', 'a turn was left as it stands in the journal'])
    expect(ofType(events, 'tool.completed').map((event) => event.data['result'])).toEqual(['first time', 'second time'])
    await stopped.stop()
  })

  test('that hangs is ended by its time limit', async () => {
    behave = () => new Promise(() => {})
    expect(await resultOf(await call('idempotent'))).toMatchObject({ success: false, error: expect.stringContaining('in time') })
  })
})

describe('a tool that must run at most once', () => {
  test.for([
    ['at_most_once', 'now_idempotent'],
    ['idempotent', 'now_at_most_once'],
    ['at_most_once', 'now_gone'],
  ] as const)('before or after a change of it (%s, %s) is not run again', async ([effects, name]) => {
    const sessionId = await leaveMidway(effects, name)
    expect(await resultOf(sessionId)).toMatchObject({ success: false, status: 'outcome_unknown' })
    expect(runs).toHaveLength(1)
  })

  test('is never run again after a crash: nobody knows its outcome, and that is said', async () => {
    const sessionId = await leaveMidway('at_most_once')
    expect(await resultOf(sessionId)).toMatchObject({ success: false, status: 'outcome_unknown' })
    expect(runs).toHaveLength(1)
  })

  test('is tried again only when it certainly did not run', async () => {
    behave = ({ attempt }) => {
      if (attempt === 1) throw new ToolFault('connection refused', { retryable: true, mayHaveRun: false })
      throw new ToolFault('reset by peer', { retryable: true, mayHaveRun: true })
    }
    expect(await resultOf(await call('at_most_once'))).toMatchObject({ success: false, status: 'outcome_unknown' })
    expect(runs).toHaveLength(2)
  })

  test('that throws has an unknown outcome', async () => {
    behave = () => {
      throw new Error('half way')
    }
    expect(await resultOf(await call('at_most_once'))).toMatchObject({ status: 'outcome_unknown' })
    expect(runs).toHaveLength(1)
  })
})

describe('a transactional tool', () => {
  const write = async ({ transaction, idempotency_key }: ToolContext) => {
    await transaction!.query('INSERT INTO effects VALUES ($1)', [idempotency_key])
  }
  const effectsOf = async (sessionId: string) => {
    const { rows } = await fixture.pool.query('SELECT 1 FROM effects e JOIN tool_calls c ON e.idempotency_key = c.turn_id || $2 || c.id WHERE c.session_id = $1', [sessionId, ':'])
    return rows.length
  }

  test('commits what it wrote together with its result', async () => {
    behave = async (context) => {
      await write(context)
      return { ok: true, result: 'written' }
    }
    const sessionId = await call('transactional')
    expect(await resultOf(sessionId)).toMatchObject({ success: true, result: 'written' })
    expect(await effectsOf(sessionId)).toBe(1)
  })

  test('leaves nothing behind when it fails, refuses or runs into a failed statement', async () => {
    for (const fail of [
      () => { throw new Error('no') },
      () => ({ ok: false as const, error: 'refused' }),
      async ({ transaction }: ToolContext) => {
        await transaction!.query('SELECT nothing FROM nowhere').catch(() => {})
        return { ok: true as const, result: 'swallowed' }
      },
    ]) {
      behave = async (context) => {
        await write(context)
        return await fail(context)
      }
      const sessionId = await call('transactional')
      expect(await resultOf(sessionId)).toMatchObject({ success: false, status: 'error' })
      expect(await effectsOf(sessionId)).toBe(0)
    }
  })

  test('that was stopped midway has written once in the end', async () => {
    const first = await fixture.startProcess({ ...options, graceMs: 0 })
    const reached = Promise.withResolvers<void>()
    behave = async (context) => {
      await write(context)
      reached.resolve()
      return await new Promise(() => {})
    }
    const sessionId = await call('transactional', first)
    await reached.promise
    behave = async (context) => {
      await write(context)
      return { ok: true, result: 'written' }
    }
    await first.stop()
    expect(await resultOf(sessionId)).toMatchObject({ success: true })
    expect(await effectsOf(sessionId)).toBe(1)
  })

  test('runs beside others of the same answer', async () => {
    behave = async (context) => {
      await write(context)
      return { ok: true, result: 1 }
    }
    const sessionId = await call('transactional', process, 5)
    const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
    expect(ofType(events, 'tool.completed').map((event) => event.data['success'])).toEqual([true, true, true, true, true])
    expect(await effectsOf(sessionId)).toBe(5)
  })
})
