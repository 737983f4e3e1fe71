import type { Event } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTool } from '../src/index.ts'
import { resumeTurn } from '../src/turn/resume-turn.ts'
import { openEngineFixture, script, type EngineFixture, type EngineProcess } from './support/engine-fixture.ts'
import { speakAs } from './support/speak-as.ts'

let fixture: EngineFixture
beforeEach(async () => {
  fixture = await openEngineFixture()
})
afterEach(() => fixture.close())

const ofType = (events: Event[], type: string) => events.filter((event) => event.type === type)
const slow = script([{ text: 'slowly', ttft_ms: 1_500 }])

async function post(process: EngineProcess, text: string, sessionId?: string) {
  const session_id = sessionId ?? (await fixture.createSession())
  const accepted = await process.engine.acceptMessage(fixture.message(session_id, text))
  if (accepted.outcome !== 'stored') throw new Error(accepted.outcome)
  return { session_id, turn_id: accepted.message.turn_id }
}

async function until(condition: string, values: unknown[] = []): Promise<void> {
  for (;;) {
    const { rows } = await fixture.pool.query<{ holds: boolean }>(`SELECT (${condition}) AS holds`, values)
    if (rows[0]?.holds) return
  }
}

/** Leaves the worker as a SIGKILL does: its row stays, its heartbeat is late, its lock is gone. */
async function pretendKilled(workerId: string): Promise<void> {
  await fixture.pool.query(
    `INSERT INTO workers (id, hostname, pid, backend_pid, backend_start, slots, heartbeat_at)
     VALUES ($1, 'test', 1, 0, now(), 8, clock_timestamp() - interval '1 second')
     ON CONFLICT (id) DO UPDATE SET backend_pid = 0, heartbeat_at = excluded.heartbeat_at`,
    [workerId],
  )
}

describe('a process that runs no turns', () => {
  test('registers no worker, and leaves its turns to one that does', async () => {
    const api = await fixture.startProcess({ slots: 0 })
    const { session_id, turn_id } = await post(api, 'hello')
    const { rows } = await fixture.pool.query('SELECT status, worker_id FROM turns WHERE id = $1', [turn_id])
    expect(rows).toEqual([{ status: 'ready', worker_id: null }])
    expect((await fixture.pool.query('SELECT 1 FROM workers')).rows).toEqual([])
    await fixture.startProcess()
    await fixture.eventsUntil(api, session_id, 'turn.completed')
  })
})

describe('a worker that is asked to drain', () => {
  test('finishes what it runs, and takes nothing more once it knows', async () => {
    const draining = await fixture.startProcess()
    const first = await post(draining, slow)
    const behind = await post(draining, 'next', first.session_id)
    await fixture.pool.query('UPDATE workers SET drain_requested_at = now()')
    await fixture.eventsUntil(draining, first.session_id, 'turn.completed')
    // Its own accepts are stored for others.
    await until("EXISTS (SELECT FROM turns WHERE status = 'ready' AND id = $1)", [behind.turn_id])
    const later = await post(draining, 'later')
    await until("EXISTS (SELECT FROM turns WHERE status = 'ready' AND id = $1)", [later.turn_id])
    const other = await fixture.startProcess()
    await fixture.eventsUntil(other, later.session_id, 'turn.completed')
    await fixture.eventsUntil(other, behind.session_id, 'turn.completed', 2)
    const { rows } = await fixture.pool.query('SELECT id FROM turns WHERE worker_id = $1', [draining.engine.worker.id])
    expect(rows).toEqual([])
  })
})

describe('a turn whose process died', () => {
  test('fails when it has killed ten processes, all but two while it ran alone', async () => {
    const { session_id, turn_id } = await post(await fixture.startProcess({ slots: 0 }), 'poison')
    const dead = 'worker_dead'
    const die = async (suspect: string | null) => {
      await pretendKilled(dead)
      await fixture.pool.query('UPDATE workers SET suspect_turn_id = $2 WHERE id = $1', [dead, suspect])
      await fixture.pool.query("UPDATE turns SET status = 'running', worker_id = $2 WHERE id = $1", [turn_id, dead])
      await fixture.pool.query("UPDATE session_heads SET active_status = 'running' WHERE session_id = $1", [session_id])
    }
    await fixture.pool.query('UPDATE turns SET recoveries = 9 WHERE id = $1', [turn_id])
    await until("pg_postmaster_start_time() < clock_timestamp() - interval '3 seconds'")
    await die(turn_id)
    const process = await fixture.startProcess()
    const events = await fixture.eventsUntil(process, session_id, 'session.idled')
    expect(ofType(events, 'turn.failed')[0]?.data).toMatchObject({ error_code: 'worker_crashed' })
    expect(ofType(events, 'reason.started')).toEqual([])
    const { rows } = await fixture.pool.query('SELECT recoveries FROM turns WHERE id = $1', [turn_id])
    expect(rows).toEqual([{ recoveries: 10 }])
  })

  test('is not convicted by deaths of processes that ran others beside it', async () => {
    const { session_id, turn_id } = await post(await fixture.startProcess({ slots: 0 }), 'innocent')
    await until("pg_postmaster_start_time() < clock_timestamp() - interval '3 seconds'")
    await pretendKilled('worker_dead')
    await fixture.pool.query("UPDATE turns SET status = 'running', worker_id = 'worker_dead', recoveries = 2 WHERE id = $1", [turn_id])
    await fixture.pool.query("UPDATE session_heads SET active_status = 'running' WHERE session_id = $1", [session_id])
    const process = await fixture.startProcess()
    const events = await fixture.eventsUntil(process, session_id, 'session.idled')
    expect(ofType(events, 'turn.completed')).toHaveLength(1)
    const { rows } = await fixture.pool.query('SELECT recoveries FROM turns WHERE id = $1', [turn_id])
    expect(rows).toEqual([{ recoveries: 0 }])
  })

  test('runs alone in its process while it is a suspect: nothing is beside it, and all else goes on after it', async () => {
    const beside: string[] = []
    const running = new Set<string>()
    const watch = defineTool({
      name: 'watch',
      description: '',
      input: z.object({}),
      effects: 'idempotent',
      async run(_, { turn_id, signal }) {
        running.add(turn_id)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 200)
          signal.addEventListener('abort', () => (clearTimeout(timer), resolve()))
        })
        if (running.has(suspect.turn_id) && running.size > 1) beside.push(turn_id)
        running.delete(turn_id)
        return { ok: true, result: null }
      },
    })
    const capabilities = [{ ref: 'watch', description: '', tools: [watch] }]
    const watched = script([{ tool_calls: [{ name: 'watch', arguments: {} }] }, { text: 'done' }])
    const sessions = await Promise.all(Array.from({ length: 6 }, () => fixture.createSession({ capabilities: [{ ref: 'watch' }] })))
    const api = await fixture.startProcess({ slots: 0 })
    const suspect = await post(api, watched, sessions[0])
    await fixture.pool.query('UPDATE turns SET recoveries = 2 WHERE id = $1', [suspect.turn_id])
    const process = await fixture.startProcess({ capabilities })
    for (const sessionId of sessions.slice(1)) await post(process, watched, sessionId)
    for (const sessionId of sessions) await fixture.eventsUntil(process, sessionId, 'turn.completed')
    expect(beside).toEqual([])
    const { rows } = await fixture.pool.query('SELECT suspect_turn_id FROM workers')
    expect(rows).toEqual([{ suspect_turn_id: null }])
  })
})

describe('a turn that runs', () => {
  test('is not started again by a reply that comes late, and stays within reach', async () => {
    const process = await fixture.startProcess()
    const { organization_id } = seeded
    const { session_id, turn_id } = await post(process, slow)
    await fixture.eventsUntil(process, session_id, 'reason.started')
    const { worker } = process.engine
    const free = () => {
      let slots = 0
      while (worker.takeSlot({ organization_id, turns_running_max: null })) slots += 1
      for (let slot = 0; slot < slots; slot++) worker.freeSlot(organization_id)
      return slots
    }
    const before = free()
    expect(worker.takeSlot({ organization_id, turns_running_max: null })).toBe(true)
    worker.takeUp({ organization_id, session_id, turn_id, epoch: 1, may_have_run: false })
    expect(free()).toBe(before)
    const stored = await resumeTurn(fixture.pool, { organization_id, session_id, turn_id, epoch: 1, may_have_run: false })
    expect(worker.takeSlot({ organization_id, turns_running_max: null })).toBe(true)
    worker.run(stored!.turn)
    expect(free()).toBe(before)
    await process.engine.cancelTurns({ organization_id, session_id, scope: 'all' })
    const events = await fixture.eventsUntil(process, session_id, 'session.idled')
    expect(ofType(events, 'turn.cancelled')).toHaveLength(1)
    expect(ofType(events, 'reason.started')).toHaveLength(1)
  })
})

describe('a turn that breaks', () => {
  test('fails with an internal error that tells nothing of it, and leaves no call open', async () => {
    const breaking = speakAs(() => {
      throw new TypeError('a secret of the inside')
    })
    const process = await fixture.startProcess({ createProvider: breaking })
    const { session_id } = await post(process, 'hello')
    const events = await fixture.eventsUntil(process, session_id, 'session.idled')
    expect(ofType(events, 'turn.failed')[0]?.data).toMatchObject({ error_code: 'internal_error', error: 'Something went wrong on the server.' })
    expect(JSON.stringify(events)).not.toContain('secret')
  })
})
