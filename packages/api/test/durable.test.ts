import type { DurableHealth, Throughput, Worker } from '@reprise/contract'
import { newId } from '@reprise/contract'
import { connectClient } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate, query } from './support/call-procedure.ts'
import { createDurableRequests, failing, hanging, type DurableRequests, type Listed } from './support/durable-requests.ts'
import { parkTurn } from './support/park-turn.ts'
import { createSession, expectProblem, postMessage, send, textMessage } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let requests: DurableRequests
beforeAll(async () => {
  server = await startServer()
  requests = createDurableRequests(server)
  await requests.run(textMessage('hello'))
  await requests.run(failing)
  await parkTurn(server.url)
  const { id } = await createSession(server.url)
  await postMessage(server.url, id, hanging)
  await postMessage(server.url, id, hanging)
})
afterAll(() => server.close())

/** A worker that last beat so long ago, on a connection that may still be there. */
async function insertWorker(client: Pick<TestServer['pool'], 'query'>, secondsAgo: number): Promise<string> {
  const id = newId('worker')
  await client.query(
    `INSERT INTO workers (id, hostname, pid, backend_pid, backend_start, slots, heartbeat_at)
     SELECT $1, 'elsewhere', 7, pg_backend_pid(), now(), 3, clock_timestamp() - make_interval(secs => $2) FROM pg_try_advisory_lock_shared(worker_lock_key($1))`,
    [id, secondsAgo],
  )
  return id
}

describe('GET /v1/durable/health', () => {
  it('200: counts what is under way, what failed, and who works', async () => {
    const { body } = await requests.get<DurableHealth>('health')
    expect(body).toMatchObject({ turns_ready: 0, turns_running: 1, turns_waiting: 1, turns_parked: 1, oldest_ready_age_ms: null })
    expect(body).toMatchObject({ turns_failed_last_hour: 1, workers_live: 1, workers_draining: 0, slots: 256 })
    expect((await query<DurableHealth>(server.url, 'durable.health')).body.result?.data).toEqual(body)
  })

  it('200: shows turns that nobody takes, and for how long', async () => {
    const idle = await startServer({ engine: { slots: 0 } })
    const session = await createSession(idle.url)
    await postMessage(idle.url, session.id, textMessage('is anybody there?'))
    await idle.pool.query(`UPDATE turns SET created_at = created_at - interval '1 minute'`)
    const { body } = await send<DurableHealth>(`${idle.url}/api/v1/durable/health`)
    expect(body).toMatchObject({ turns_ready: 1, turns_running: 0, workers_live: 0, slots: 0 })
    expect(body.oldest_ready_age_ms).toBeGreaterThanOrEqual(60_000)
    await idle.close()
  })
})

describe('GET /v1/durable/workers', () => {
  it('200: lists this process with what it runs', async () => {
    const { body } = await requests.get<Listed<Worker>>('workers')
    expect(body.total).toBe(body.data.length)
    expect(body.data.find(({ pid }) => pid === process.pid)).toMatchObject({ id: expect.stringMatching(/^worker_/), status: 'live', draining: false, slots: 256, turns_running: 1 })
  })

  it('200: tells a worker that is late from one that is gone', async () => {
    const late = await connectClient({ connectionString: server.database.connectionString, applicationName: 'test' })
    const goneId = await insertWorker(server.pool, 60)
    const lateId = await insertWorker(late, 2.5)
    const { data } = (await requests.get<Listed<Worker>>('workers')).body
    const statuses = new Map(data.map(({ id, status }) => [id, status]))
    expect([statuses.get(lateId), statuses.get(goneId)]).toEqual(['late', 'gone'])
    await late.end()
    await server.pool.query('DELETE FROM workers WHERE id = ANY ($1)', [[lateId, goneId]])
  })
})

describe('POST /v1/durable/workers/{worker_id}/drain', () => {
  it('200: marks the worker, however often it is asked, and it counts no more', async () => {
    const client = await connectClient({ connectionString: server.database.connectionString, applicationName: 'test' })
    const id = await insertWorker(client, 0)
    const before = (await requests.get<DurableHealth>('health')).body
    const answer = await requests.act<Worker>(`workers/${id}/drain`)
    expect(answer).toMatchObject({ status: 200, body: { id, draining: true, hostname: 'elsewhere' } })
    expect((await mutate<Worker>(server.url, 'durable.workers.drain', { worker_id: id })).body.result?.data).toMatchObject({ id, draining: true })
    expect((await requests.get<Listed<Worker>>('workers')).body.data.find((worker) => worker.id === id)?.draining).toBe(true)
    const { body: after } = await requests.get<DurableHealth>('health')
    expect(after).toMatchObject({ workers_live: before.workers_live, workers_draining: before.workers_draining + 1, slots: before.slots - 3 })
    await client.end()
    await server.pool.query('DELETE FROM workers WHERE id = $1', [id])
  })

  it('400, 404: refuses ids that are none, and unknown workers', async () => {
    expectProblem(await requests.act('workers/worker_1/drain'), 400, 'invalid_id', 'worker_id')
    expectProblem(await requests.act(`workers/worker_${'0'.repeat(32)}/drain`), 404, 'worker_not_found')
  })
})

describe('GET /v1/durable/throughput', () => {
  it('200: counts the turns that ended, by outcome and time, those of other organizations and copies apart', async () => {
    const fresh = await startServer()
    const { run, get } = createDurableRequests(fresh)
    const { session_id } = await run(textMessage('hello'))
    await run(failing)
    await run(textMessage('long ago'))
    await fresh.pool.query(`UPDATE turns SET created_at = created_at - interval '2 minutes', ended_at = ended_at - interval '2 minutes' + interval '5 seconds' WHERE input_message_id IN (SELECT id FROM messages WHERE content::text LIKE '%long ago%')`)
    await send(`${fresh.url}/v1/sessions/${session_id}/fork`, { method: 'POST' })
    const { body } = await get<Throughput>('throughput?minutes=5')
    expect(body).toMatchObject({ step_ms: 10_000, is_complete: true })
    expect(body.data.length).toBe(30)
    const ended = body.data.filter(({ completed, failed }) => completed + failed > 0)
    expect(ended.reduce((sum, { completed }) => sum + completed, 0)).toBe(2)
    expect(ended.reduce((sum, { failed }) => sum + failed, 0)).toBe(1)
    expect(ended[0]!.duration_ms!.p50).toBeGreaterThanOrEqual(5_000)
    expect(body.data.every(({ at }, index) => index === 0 || Date.parse(at) - Date.parse(body.data[index - 1]!.at) === 10_000)).toBe(true)
    expect((await query<Throughput>(fresh.url, 'durable.throughput', { minutes: 1_440 })).body.result?.data).toMatchObject({ step_ms: 240_000 })
    for (const minutes of ['0', '1441', 'x']) expectProblem(await send(`${fresh.url}/v1/durable/throughput?minutes=${minutes}`), 400, 'invalid_request', 'minutes')
    await fresh.close()
  })
})
