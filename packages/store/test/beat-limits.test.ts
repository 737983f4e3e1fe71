import type pg from 'pg'
import { newId } from '@reprise/contract'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { beat, connectClient, registerWorker, seeded } from '../src/index.ts'
import { openJournalFixture, type JournalFixture } from './support/journal-fixture.ts'

let fixture: JournalFixture
const clients: pg.Client[] = []
beforeEach(async () => {
  fixture = await openJournalFixture()
})
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()))
  await fixture.close()
})

async function startWorker() {
  const client = await connectClient({ connectionString: fixture.connectionString, applicationName: 'test worker' })
  clients.push(client)
  const id = newId('worker')
  await registerWorker(client, { id, hostname: 'test', pid: 1, slots: 8 })
  return { id, client, beat: (slots = 8, isIdle = false) => beat(client, id, slots, isIdle) }
}

async function limit(turns_running_max: number | null): Promise<void> {
  await fixture.pool.query('UPDATE organizations SET turns_running_max = $2 WHERE id = $1', [seeded.organization_id, turns_running_max])
}

async function startTurn(worker_id: string | null) {
  const accept = fixture.accept(await fixture.createSession(), { worker_id })
  expect((await fixture.journal.accept(accept)).outcome).toBe('stored')
  return accept
}

const claimed = async (beaten: Promise<{ held: { claimed: boolean; turn_id: string }[] }>) => (await beaten).held.filter((turn) => turn.claimed).map((turn) => turn.turn_id)

describe('claims for a limited organization (L9)', () => {
  test('stop at its limit, however many workers claim at once, and go on when a place is free', async () => {
    await limit(5)
    const workers = await Promise.all(Array.from({ length: 4 }, startWorker))
    const accepts = []
    for (let index = 0; index < 12; index++) accepts.push(await startTurn(null))
    for (let round = 0; round < 4; round++) await Promise.all(workers.map((worker) => worker.beat()))
    const held = (await Promise.all(workers.map(async (worker) => (await worker.beat(0)).held))).flat()
    expect(held).toHaveLength(5)
    // The oldest go first.
    expect(held.map((turn) => turn.turn_id).sort()).toEqual(accepts.slice(0, 5).map((accept) => accept.turn_id).sort())
    const { session_id, epoch } = held[0]!
    const accept = accepts.find((one) => one.session_id === session_id)!
    await fixture.journal.checkpoint(fixture.checkpoint(accept, { epoch, checkpoint_number: 0 }, { turn_status: 'completed', worker_id: null }))
    expect(await claimed(workers[0]!.beat())).toEqual([accepts[5]!.turn_id])
    expect(await claimed(workers[1]!.beat())).toEqual([])
  })

  test('count what is running elsewhere, and tell each worker of it', async () => {
    await limit(3)
    const [one, other] = [await startWorker(), await startWorker()]
    await startTurn(one!.id)
    await startTurn(other!.id)
    await startTurn(null)
    await startTurn(null)
    const beaten = await one!.beat()
    expect(beaten.held).toHaveLength(2)
    expect(beaten.limited).toEqual([{ organization_id: seeded.organization_id, turns_running_max: 3, running_elsewhere: 1, turns_ready: 1 }])
    expect((await other!.beat(0)).limited).toMatchObject([{ running_elsewhere: 2, turns_ready: 1 }])
    await limit(null)
    expect((await other!.beat()).limited).toBeNull()
    expect((await other!.beat()).held).toHaveLength(2)
  })

  test('end a turn that is to be cancelled even where the organization is full, also one that is put aside as a suspect', async () => {
    await limit(1)
    const worker = await startWorker()
    await startTurn((await startWorker()).id)
    const [suspect, other] = [await startTurn(null), await startTurn(null)]
    await fixture.pool.query('UPDATE turns SET recoveries = 2 WHERE id = $1', [suspect.turn_id])
    expect(await claimed(worker.beat(8, true))).toEqual([])
    for (const { session_id } of [suspect, other]) {
      await fixture.journal.cancel({ kind: 'cancel', organization_id: seeded.organization_id, session_id, worker_id: null, scope: 'all', turn_id: null })
    }
    expect(await claimed(worker.beat(8, true))).toEqual([suspect.turn_id])
    expect(await claimed(worker.beat())).toEqual([other.turn_id])
  })

  test('take a turn over from a worker that is gone even where the organization is full: it has its place', async () => {
    await limit(1)
    const [dead, other] = [await startWorker(), await startWorker()]
    const accept = await startTurn(dead!.id)
    await fixture.pool.query("UPDATE workers SET heartbeat_at = clock_timestamp() - interval '6 seconds' WHERE id = $1", [dead!.id])
    expect(await claimed(other!.beat())).toEqual([accept.turn_id])
  })

  test('leave a parked turn whose deadline has passed until there is a place for it, and take it first then', async () => {
    await limit(1)
    const worker = await startWorker()
    const parked = await startTurn(worker.id)
    const call = { id: 'ask', position: 0, name: 'ask', arguments: {}, effects: 'idempotent' as const, decision: null, closed_by: null, waits: true }
    await fixture.journal.checkpoint(fixture.checkpoint(parked, { epoch: 1, checkpoint_number: 0 }, { turn_status: 'parked', opened_calls: [call], deadline_in_ms: 60_000, worker_id: null }))
    const running = await startTurn(worker.id)
    await startTurn(null)
    await fixture.pool.query("UPDATE turns SET wake_at = clock_timestamp() - interval '1 second' WHERE id = $1", [parked.turn_id])
    expect(await claimed(worker.beat())).toEqual([])
    await fixture.journal.checkpoint(fixture.checkpoint(running, { epoch: 1, checkpoint_number: 0 }, { turn_status: 'completed', worker_id: null }))
    expect(await claimed(worker.beat())).toEqual([parked.turn_id])
  })

  test('leave a suspect until there is a place for it', async () => {
    await limit(1)
    const [worker, idle] = [await startWorker(), await startWorker()]
    await startTurn(worker!.id)
    const suspect = await startTurn(null)
    await fixture.pool.query('UPDATE turns SET recoveries = 2 WHERE id = $1', [suspect.turn_id])
    expect(await claimed(idle!.beat(8, true))).toEqual([])
    await limit(2)
    expect(await claimed(idle!.beat(8, true))).toEqual([suspect.turn_id])
  })
})
