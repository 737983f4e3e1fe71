import type { CancelResponse, DeadLetter, Event, Message, Workflow } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate, query } from './support/call-procedure.ts'
import { createDurableRequests, failing, hanging, type DurableRequests, type Listed } from './support/durable-requests.ts'
import { readUntil } from './support/open-stream.ts'
import { parkTurn } from './support/park-turn.ts'
import { createSession, expectProblem, listEvents, postMessage, textMessage } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

const unknownTurnId = `turn_${'0'.repeat(32)}`

let server: TestServer
let requests: DurableRequests
/** One turn of each status, but for a ready one: those are taken at once. */
let completed: Message
let failed: Message
let parked: Message
let running: Message
let waiting: Message
beforeAll(async () => {
  server = await startServer()
  requests = createDurableRequests(server)
  completed = await requests.run(textMessage('hello'))
  failed = await requests.run(failing)
  parked = await parkTurn(server.url)
  const { id } = await createSession(server.url)
  running = await postMessage(server.url, id, hanging)
  waiting = await postMessage(server.url, id, hanging)
})
afterAll(() => server.close())

async function listAll(): Promise<Workflow[]> {
  return (await requests.get<Listed<Workflow>>('workflows?limit=1000')).body.data
}

describe('GET /v1/durable/workflows', () => {
  it('200: lists turns of every status, the newest first', async () => {
    const all = await listAll()
    const created = all.map(({ created_at }) => created_at)
    expect(created).toEqual(created.toSorted().toReversed())
    const statuses = new Map(all.map(({ id, status }) => [id, status]))
    expect([completed, failed, parked, running, waiting].map(({ turn_id }) => statuses.get(turn_id!))).toEqual(['completed', 'failed', 'parked', 'running', 'waiting'])
  })

  it('200: pages, and says how many there are, also beyond the end', async () => {
    const all = await listAll()
    const pages = await Promise.all([0, 2, 4].map(async (offset) => (await requests.get<Listed<Workflow>>(`workflows?limit=2&offset=${offset}`)).body))
    expect(pages.flatMap(({ data }) => data)).toEqual(all.slice(0, 6))
    expect(pages.map(({ total }) => total)).toEqual([all.length, all.length, all.length])
    expect((await requests.get(`workflows?offset=${Number.MAX_SAFE_INTEGER}`)).body).toEqual({ data: [], total: all.length, offset: Number.MAX_SAFE_INTEGER, limit: 100 })
  })

  it.each(['waiting', 'ready', 'running', 'parked', 'completed', 'failed', 'cancelled'] as const)('200: filters by the status %s', async (status) => {
    const wanted = (await listAll()).filter((workflow) => workflow.status === status)
    expect((await requests.get(`workflows?status=${status}`)).body).toEqual({ data: wanted, total: wanted.length, offset: 0, limit: 100 })
  })

  it('200: shows no other organization’s turns, and none of a deleted session', async () => {
    const { total } = (await requests.get<Listed<Workflow>>('workflows')).body
    await requests.makeForeignTurn(textMessage('hello'))
    const deleted = await requests.run(textMessage('hello'))
    await server.pool.query('UPDATE session_heads SET deleted_at = now() WHERE session_id = $1', [deleted.session_id])
    expect((await requests.get<Listed<Workflow>>('workflows')).body.total).toBe(total)
    expectProblem(await requests.get(`workflows/${deleted.turn_id}`), 404, 'turn_not_found')
  })

  it('200: is durable.workflows.list in tRPC', async () => {
    const answer = await query(server.url, 'durable.workflows.list', { status: 'failed', limit: 1 })
    expect(answer.body.result?.data).toEqual((await requests.get('workflows?status=failed&limit=1')).body)
  })

  it.each([
    ['status=broken', 'status'],
    ['status=failed&status=parked', 'status'],
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['offset=-1', 'offset'],
    ['offset=9007199254740992', 'offset'],
  ])('400: refuses ?%s', async (search, path) => {
    expectProblem(await requests.get(`workflows?${search}`), 400, 'invalid_request', path)
  })
})

describe('GET /v1/durable/workflows/{workflow_id}', () => {
  it('200: shows who runs a turn, and for whom', async () => {
    const { body } = await requests.get<Workflow>(`workflows/${running.turn_id}`)
    expect(body).toMatchObject({ id: running.turn_id, session_id: running.session_id, status: 'running', input_message_id: running.id, input_sequence: running.sequence })
    expect(body).toMatchObject({ model_id: seeded.model_id, worker_id: expect.stringMatching(/^worker_/), attempt: 1, recoveries: 0, retry_of: null, error: null, ended_at: null })
    expect((await query(server.url, 'durable.workflows.get', { workflow_id: running.turn_id })).body.result?.data).toEqual(body)
  })

  it('200: shows until when a turn waits for its caller, and why one failed', async () => {
    expect((await requests.get<Workflow>(`workflows/${parked.turn_id}`)).body).toMatchObject({ status: 'parked', worker_id: null, wake_at: expect.stringMatching(/Z$/) })
    const { body } = await requests.get<Workflow>(`workflows/${failed.turn_id}`)
    expect(body).toMatchObject({ status: 'failed', error_code: 'provider_error', error: expect.stringContaining('sim script'), ended_at: expect.stringMatching(/Z$/) })
  })

  it('200: keeps to itself what broke inside the server', async () => {
    const { turn_id } = await requests.run(failing)
    await server.pool.query(`UPDATE turns SET error_code = 'internal_error', error = 'relation "x" does not exist' WHERE id = $1`, [turn_id])
    expect((await requests.get<Workflow>(`workflows/${turn_id}`)).body).toMatchObject({ error_code: 'internal_error', error: null })
    expect((await requests.get<Listed<DeadLetter>>('dlq')).text).not.toContain('relation')
  })

  it('400: refuses ids that are none', async () => {
    expectProblem(await requests.get('workflows/turn_1'), 400, 'invalid_id', 'workflow_id')
  })

  it.each([
    ['', 'get'],
    ['/events', 'get'],
    ['/cancel', 'act'],
  ] as const)('404: …%s does not tell an unknown turn from one of another organization', async (path, method) => {
    const foreign = await requests[method]<object>(`workflows/${await requests.makeForeignTurn(textMessage('hello'))}${path}`)
    const unknown = await requests[method]<object>(`workflows/${unknownTurnId}${path}`)
    expect(foreign).toMatchObject({ status: 404, body: { code: 'turn_not_found' } })
    expect({ ...foreign.body, instance: '' }).toEqual({ ...unknown.body, instance: '' })
  })
})

describe('GET /v1/durable/workflows/{workflow_id}/events', () => {
  it('200: lists the events of this turn alone, page by page', async () => {
    const { id } = await createSession(server.url)
    const turns = [await requests.run(textMessage('one'), id), await postMessage(server.url, id, textMessage('two'))]
    await expect.poll(async () => (await requests.get<Workflow>(`workflows/${turns[1]!.turn_id}`)).body.status).toBe('completed')
    const all = await listEvents(server.url, id)
    for (const { turn_id } of turns) {
      const own = all.filter(({ context }) => context.turn_id === turn_id)
      const { body } = await requests.get<Listed<Event>>(`workflows/${turn_id}/events`)
      expect(body).toEqual({ data: own, total: own.length })
      expect(body.data.map(({ type }) => type)).toEqual(expect.arrayContaining(['input.message', 'turn.completed']))
      const pages = await requests.get<Listed<Event>>(`workflows/${turn_id}/events?limit=2&after_sequence=${own[2]!.sequence}`)
      expect(pages.body).toEqual({ data: own.slice(3, 5), total: own.length })
      expect((await query(server.url, 'durable.workflows.events', { workflow_id: turn_id, limit: 2 })).body.result?.data).toEqual({ data: own.slice(0, 2), total: own.length })
    }
  })

  it('400: refuses bad limits and cursors', async () => {
    expectProblem(await requests.get(`workflows/${completed.turn_id}/events?limit=1001`), 400, 'invalid_request', 'limit')
    expectProblem(await requests.get(`workflows/${completed.turn_id}/events?after_sequence=-1`), 400, 'invalid_request', 'after_sequence')
  })
})

describe('POST /v1/durable/workflows/{workflow_id}/cancel', () => {
  it('200: ends this turn, whether it waits or runs, and no other', async () => {
    const { id } = await createSession(server.url)
    const first = await postMessage(server.url, id, hanging)
    const second = await postMessage(server.url, id, hanging)
    const third = await postMessage(server.url, id, textMessage('third'))
    expect((await requests.act<CancelResponse>(`workflows/${second.turn_id}/cancel`)).body).toEqual({ status: 'cancelled', message: expect.any(String) })
    expect((await requests.get<Workflow>(`workflows/${first.turn_id}`)).body.status).toBe('running')
    expect((await mutate<CancelResponse>(server.url, 'durable.workflows.cancel', { workflow_id: first.turn_id })).body.result?.data.status).toBe('cancelled')
    const events = await readUntil(server.url, id, 'session.idled')
    const ends = events.filter(({ type }) => type === 'turn.cancelled' || type === 'turn.completed').map(({ type, context }) => [type, context.turn_id])
    expect(ends).toEqual([['turn.cancelled', second.turn_id], ['turn.cancelled', first.turn_id], ['turn.completed', third.turn_id]])
  })

  it('200: says no_op of a turn that has ended', async () => {
    for (const { turn_id } of [completed, failed]) {
      expect((await requests.act<CancelResponse>(`workflows/${turn_id}/cancel`)).body).toEqual({ status: 'no_op', message: expect.any(String) })
    }
  })
})
