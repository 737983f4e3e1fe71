import type pg from 'pg'
import { newId } from '@reprise/contract'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { beat as sendBeat, connectClient, recordSuspect, registerWorker, removeWorker, seeded, type HeldTurn } from '../src/index.ts'
import { openJournalFixture, type JournalFixture } from './support/journal-fixture.ts'

let fixture: JournalFixture
const clients: pg.Client[] = []
beforeEach(async () => {
  fixture = await openJournalFixture()
})
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end().catch(() => {})))
  await fixture.close()
})

async function beat(client: pg.Client, workerId: string, freeSlots: number): Promise<HeldTurn[]> {
  return (await sendBeat(client, workerId, freeSlots)).held
}

/** A suspect takes two beats: one puts it aside, the next one of an idle worker takes it. */
async function beatUntilHeld(worker: TestWorker): Promise<HeldTurn[]> {
  for (;;) {
    const { held } = await sendBeat(worker.client, worker.id, 8, true)
    if (held.length > 0) return held
  }
}

interface TestWorker {
  id: string
  client: pg.Client
}

async function startWorker(): Promise<TestWorker> {
  const client = await connectClient({ connectionString: fixture.connectionString, applicationName: 'test worker' })
  client.on('error', () => {})
  clients.push(client)
  const id = newId('worker')
  await registerWorker(client, { id, hostname: 'test', pid: 1, slots: 8 })
  return { id, client }
}

/** Moves a worker's last heartbeat into the past, by the database's clock. */
async function silence(worker: TestWorker, ms: number): Promise<void> {
  await fixture.pool.query("UPDATE workers SET heartbeat_at = clock_timestamp() - $2 * interval '1 millisecond' WHERE id = $1", [worker.id, ms])
}

async function startTurn(worker: TestWorker | null): Promise<{ session_id: string; turn_id: string }> {
  const accept = fixture.accept(await fixture.createSession(), { worker_id: worker?.id ?? null })
  expect((await fixture.journal.accept(accept)).outcome).toBe('stored')
  return { session_id: accept.session_id, turn_id: accept.turn_id }
}

/** A server that has just started says nothing about missing locks: wait until it has been up for long enough. */
async function waitForServer(): Promise<void> {
  for (;;) {
    const { rows } = await fixture.pool.query<{ up: boolean }>("SELECT pg_postmaster_start_time() < clock_timestamp() - interval '3 seconds' AS up")
    if (rows[0]?.up) return
  }
}

describe('a heartbeat', () => {
  test('tells a worker which turns are its own', async () => {
    const worker = await startWorker()
    const turn = await startTurn(worker)
    expect(await beat(worker.client, worker.id, 8)).toEqual([{ ...turn, organization_id: expect.any(String), epoch: 1, claimed: false, orphaned: false, recoveries: 0, is_suspect: false, cancel_requested: null }])
  })

  test('takes ready turns, never more than there are free slots', async () => {
    const worker = await startWorker()
    for (let turn = 0; turn < 5; turn++) await startTurn(null)
    expect(await beat(worker.client, worker.id, 0)).toEqual([])
    const claimed = await beat(worker.client, worker.id, 3)
    expect(claimed.map((turn) => [turn.claimed, turn.epoch])).toEqual([[true, 2], [true, 2], [true, 2]])
    expect(await beat(worker.client, worker.id, 8)).toHaveLength(5)
  })

  test('gives one turn to one worker, however many ask at once', async () => {
    const workers = await Promise.all(Array.from({ length: 4 }, startWorker))
    for (let turn = 0; turn < 12; turn++) await startTurn(null)
    for (let round = 0; round < 5; round++) await Promise.all(workers.map((worker) => beat(worker.client, worker.id, 8)))
    const held = (await Promise.all(workers.map((worker) => beat(worker.client, worker.id, 0)))).flat()
    expect(new Set(held.map((turn) => turn.turn_id)).size).toBe(12)
    expect(held).toHaveLength(12)
  })

  test('of a worker that is not registered is refused', async () => {
    const worker = await startWorker()
    await removeWorker(fixture.pool, worker.id)
    await expect(beat(worker.client, worker.id, 1)).rejects.toThrow('is not registered')
  })
})

describe('a turn', () => {
  test('stays with a worker whose heartbeat is late while its connection lives (L2)', async () => {
    const [owner, other] = [await startWorker(), await startWorker()]
    await startTurn(owner)
    await waitForServer()
    await silence(owner, 3_000)
    expect(await beat(other.client, other.id, 8)).toEqual([])
  })

  test('leaves a worker whose connection is gone as soon as its heartbeat is late (L2, L4)', async () => {
    const [owner, other] = [await startWorker(), await startWorker()]
    const turn = await startTurn(owner)
    await waitForServer()
    await owner.client.end()
    await silence(owner, 200)
    expect(await beat(other.client, other.id, 8)).toEqual([])
    await silence(owner, 1_000)
    expect(await beat(other.client, other.id, 8)).toMatchObject([{ ...turn, epoch: 2, claimed: true }])
    const { rows } = await fixture.pool.query('SELECT recoveries FROM turns WHERE id = $1', [turn.turn_id])
    expect(rows).toEqual([{ recoveries: 1 }])
  })

  test('leaves a frozen worker when its term is over, and the worker writes nothing more', async () => {
    const [owner, other] = [await startWorker(), await startWorker()]
    const accept = fixture.accept(await fixture.createSession(), { worker_id: owner.id })
    await fixture.journal.accept(accept)
    await silence(owner, 5_100)
    expect(await beat(other.client, other.id, 8)).toMatchObject([{ turn_id: accept.turn_id, epoch: 2 }])
    expect(await fixture.journal.checkpoint(fixture.checkpoint(accept, { epoch: 1, checkpoint_number: 0 }))).toEqual({ outcome: 'fenced' })
    expect(await beat(owner.client, owner.id, 0)).toEqual([])
  })

  test('of a worker that has stopped is free at once', async () => {
    const [owner, other] = [await startWorker(), await startWorker()]
    await startTurn(owner)
    await removeWorker(fixture.pool, owner.id)
    expect(await beat(other.client, other.id, 8)).toHaveLength(1)
  })
})

test('ready turns are claimed fairly: one organization’s queue does not hold up another’s', async () => {
  for (let turn = 0; turn < 6; turn++) await startTurn(null)
  const late = await startTurn(null)
  const other = 'org_00000000000000000000000000000002'
  await fixture.pool.query("INSERT INTO organizations (id, name) VALUES ($1, 'Other')", [other])
  await fixture.pool.query('ALTER TABLE session_heads DISABLE TRIGGER ALL') // its session stays where it is
  await fixture.pool.query('UPDATE turns SET organization_id = $1 WHERE id = $2', [other, late.turn_id])
  await fixture.pool.query('UPDATE session_heads SET organization_id = $1 WHERE session_id = $2', [other, late.session_id])
  const worker = await startWorker()
  const claimed = await beat(worker.client, worker.id, 2)
  expect(claimed.map((turn) => turn.turn_id)).toContain(late.turn_id)
})

/** Its process is gone: the connection that heartbeats, and soon the heartbeat. */
async function kill(worker: TestWorker): Promise<void> {
  await worker.client.end()
  await silence(worker, 1_000)
}

describe('what a worker is told of a turn', () => {
  test('says whether another worker held it before, and lost it', async () => {
    const [owner, other] = [await startWorker(), await startWorker()]
    const [orphan, ready] = [await startTurn(owner), await startTurn(null)]
    await removeWorker(fixture.pool, owner.id)
    const held = await beat(other.client, other.id, 8)
    expect(held).toHaveLength(2)
    expect(held.find((turn) => turn.turn_id === orphan.turn_id)).toMatchObject({ claimed: true, orphaned: true })
    expect(held.find((turn) => turn.turn_id === ready.turn_id)).toMatchObject({ claimed: true, orphaned: false })
    expect(await beat(other.client, other.id, 8)).toMatchObject([{ claimed: false, orphaned: false }, { claimed: false, orphaned: false }])
  })

  test.for(['cancel', 'interrupt', 'rollback'] as const)('says why it is to end: %s', async (reason) => {
    const worker = await startWorker()
    const { session_id } = await startTurn(worker)
    if (reason === 'cancel') await fixture.journal.cancel({ kind: 'cancel', organization_id: seeded.organization_id, session_id, worker_id: null, scope: 'running', turn_id: null })
    else await fixture.journal.accept(fixture.accept(session_id, { when_busy: reason }))
    expect(await beat(worker.client, worker.id, 8)).toMatchObject([{ session_id, claimed: false, cancel_requested: reason }])
  })
})

describe('a worker that is to take no more turns', () => {
  test('is told so, claims nothing, and keeps what it holds', async () => {
    const [draining, gone] = [await startWorker(), await startWorker()]
    const held = await startTurn(draining)
    await startTurn(null)
    await startTurn(gone)
    await removeWorker(fixture.pool, gone.id)
    await fixture.pool.query('UPDATE workers SET drain_requested_at = now() WHERE id = $1', [draining.id])
    expect(await sendBeat(draining.client, draining.id, 8)).toMatchObject({ draining: true, held: [held] })
    const other = await startWorker()
    expect(await sendBeat(other.client, other.id, 8)).toMatchObject({ draining: false, held: [{ claimed: true }, { claimed: true }] })
  })
})

describe('a parked turn', () => {
  test('is claimed once its deadline has passed, not before', async () => {
    const [owner, other] = [await startWorker(), await startWorker()]
    const accept = fixture.accept(await fixture.createSession(), { worker_id: owner.id })
    await fixture.journal.accept(accept)
    const parking = fixture.checkpoint(accept, { epoch: 1, checkpoint_number: 0 }, { turn_status: 'parked', deadline_in_ms: 60_000, worker_id: null })
    expect(await fixture.journal.checkpoint(parking)).toMatchObject({ settled: true })
    expect(await beat(owner.client, owner.id, 8)).toEqual([])
    await fixture.pool.query("UPDATE turns SET wake_at = clock_timestamp() - interval '1 millisecond' WHERE id = $1", [accept.turn_id])
    expect(await beat(other.client, other.id, 8)).toMatchObject([{ turn_id: accept.turn_id, epoch: 2, claimed: true, orphaned: false, recoveries: 0 }])
    const { rows } = await fixture.pool.query('SELECT status, worker_id, wake_at FROM turns WHERE id = $1', [accept.turn_id])
    expect(rows).toEqual([{ status: 'running', worker_id: other.id, wake_at: null }])
  })
})

describe('recoveries', () => {
  test('count the deaths of those that ran the turn, up to the suspicion (L7)', async () => {
    await waitForServer()
    let owner = await startWorker()
    const { turn_id } = await startTurn(owner)
    for (const recoveries of [1, 2, 2, 2]) {
      await kill(owner)
      owner = await startWorker()
      const [held] = await beatUntilHeld(owner)
      expect(held).toMatchObject({ turn_id, claimed: true, recoveries })
    }
  })

  test('rise above it only with the death of a worker that ran the turn alone (L7)', async () => {
    await waitForServer()
    const [owner, other] = [await startWorker(), await startWorker()]
    const [suspect, bystander] = [await startTurn(owner), await startTurn(owner)]
    for (const recoveries of [2, 3, 9]) {
      await fixture.pool.query('UPDATE turns SET recoveries = $1', [recoveries])
      await fixture.pool.query("UPDATE turns SET status = 'running', worker_id = $1", [owner.id])
      await recordSuspect(fixture.pool, owner.id, suspect.turn_id)
      await kill(owner)
      const held = await beat(other.client, other.id, 8)
      const { rows } = await fixture.pool.query('SELECT id, status, recoveries FROM turns ORDER BY created_at')
      // The tenth death proves it: the turn is taken to be failed. Until then it is put aside.
      expect(rows[0]).toEqual({ id: suspect.turn_id, status: recoveries < 9 ? 'ready' : 'running', recoveries: recoveries + 1 })
      expect(rows[1]).toEqual({ id: bystander.turn_id, status: 'ready', recoveries })
      expect(held.map((turn) => turn.turn_id)).toEqual(recoveries < 9 ? [] : [suspect.turn_id])
    }
  })

  test('make a turn a suspect, which is put aside for a worker that runs nothing (L8)', async () => {
    await waitForServer()
    const [owner, busy] = [await startWorker(), await startWorker()]
    const { turn_id } = await startTurn(owner)
    await fixture.pool.query('UPDATE turns SET recoveries = 1')
    await kill(owner)
    expect(await beat(busy.client, busy.id, 8)).toEqual([])
    expect(await beat(busy.client, busy.id, 8)).toEqual([])
    expect((await sendBeat(busy.client, busy.id, 8, true)).held).toMatchObject([{ turn_id, claimed: true, recoveries: 2 }])
  })

  test('leave a suspect to a busy worker when no idle one has come for it in 5 s, and nothing else with it (L8)', async () => {
    const busy = await startWorker()
    const { turn_id } = await startTurn(null)
    await startTurn(null)
    await fixture.pool.query("UPDATE turns SET recoveries = 2, wake_at = clock_timestamp() - interval '1 second' WHERE id = $1", [turn_id])
    expect(await beat(busy.client, busy.id, 8)).toMatchObject([{ turn_id, claimed: true }])
  })

  test.for<[string, (owner: TestWorker) => Promise<void>]>([
    ['handed its turns back', (owner) => removeWorker(fixture.pool, owner.id)],
    ['froze', (owner) => silence(owner, 6_000)],
  ])('do not count a worker that %s (L7)', async ([, stop]) => {
    const [owner, other] = [await startWorker(), await startWorker()]
    await startTurn(owner)
    await stop(owner)
    expect(await beat(other.client, other.id, 8)).toMatchObject([{ claimed: true, orphaned: true, recoveries: 0 }])
  })

  test('do not count a worker whose connection a restart of the server took (L7)', async () => {
    const [owner, other] = [await startWorker(), await startWorker()]
    await startTurn(owner)
    await owner.client.end()
    // Its last heartbeat was before the server started.
    await fixture.pool.query("UPDATE workers SET heartbeat_at = pg_postmaster_start_time() - interval '1 second' WHERE id = $1", [owner.id])
    await waitForServer()
    expect(await beat(other.client, other.id, 8)).toMatchObject([{ claimed: true, orphaned: true, recoveries: 0 }])
  })
})
