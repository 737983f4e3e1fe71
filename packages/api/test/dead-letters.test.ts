import type { DeadLetter, Message, Workflow } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate, query } from './support/call-procedure.ts'
import { createDurableRequests, failing, hanging, type DurableRequests, type Listed } from './support/durable-requests.ts'
import { parkTurn } from './support/park-turn.ts'
import { createSession, expectProblem, listEvents, postMessage, textMessage } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let requests: DurableRequests
let completed: Message
let failed: Message
beforeAll(async () => {
  server = await startServer()
  requests = createDurableRequests(server)
  completed = await requests.run(textMessage('hello'))
  failed = await requests.run(failing)
})
afterAll(() => server.close())

describe('GET /v1/durable/dlq', () => {
  it('200: lists what failed for good, the latest first, and why', async () => {
    const later = await requests.run(failing)
    const { data, total } = (await requests.get<Listed<DeadLetter>>('dlq?limit=1000')).body
    expect(total).toBe(data.length)
    expect(data[0]).toEqual({
      id: later.turn_id,
      session_id: later.session_id,
      input_message_id: later.id,
      model_id: seeded.model_id,
      error_code: 'provider_error',
      error: expect.stringContaining('sim script'),
      attempts: 1,
      recoveries: 0,
      retried_as: null,
      created_at: later.created_at,
      failed_at: expect.stringMatching(/Z$/),
    })
    expect(data.map(({ id }) => id)).toContain(failed.turn_id)
    expect(data.map(({ failed_at }) => failed_at)).toEqual(data.map(({ failed_at }) => failed_at).toSorted().toReversed())
    expect(data.map(({ id }) => id)).not.toContain(completed.turn_id)
  })

  it('200: pages, in tRPC too, and shows no other organization’s', async () => {
    const { data, total } = (await requests.get<Listed<DeadLetter>>('dlq?limit=1000')).body
    await requests.makeForeignTurn(failing)
    expect((await requests.get('dlq?limit=1&offset=1')).body).toEqual({ data: data.slice(1, 2), total, offset: 1, limit: 1 })
    expect((await query(server.url, 'durable.dlq.list', { limit: 1 })).body.result?.data).toEqual({ data: data.slice(0, 1), total, offset: 0, limit: 1 })
  })

  it('400: refuses bad pages', async () => {
    expectProblem(await requests.get('dlq?limit=many'), 400, 'invalid_request', 'limit')
  })
})

describe('POST /v1/durable/dlq/{dead_letter_id}/retry', () => {
  it('200: answers the message again in a new turn, the same one however often it is asked for', async () => {
    const dead = await requests.run(failing)
    const answers = await Promise.all(Array.from({ length: 3 }, () => requests.act<Workflow>(`dlq/${dead.turn_id}/retry`)))
    answers.push(await requests.act<Workflow>(`dlq/${dead.turn_id}/retry`))
    const [{ id }] = answers.map(({ body }) => body) as [Workflow]
    for (const answer of answers) expect(answer).toMatchObject({ status: 200, body: { id, session_id: dead.session_id, retry_of: dead.turn_id } })
    expect(id).not.toBe(dead.turn_id)
    expect((await mutate<Workflow>(server.url, 'durable.dlq.retry', { dead_letter_id: dead.turn_id })).body.result?.data.id).toBe(id)

    await expect.poll(async () => (await requests.get<Workflow>(`workflows/${id}`)).body.status).toBe('failed')
    const inputs = (await listEvents(server.url, dead.session_id)).filter(({ type }) => type === 'input.message')
    expect(inputs.map(({ context }) => context.turn_id)).toEqual([dead.turn_id, id])
    expect((await requests.get<Listed<DeadLetter>>('dlq')).body.data.find((entry) => entry.id === dead.turn_id)?.retried_as).toBe(id)
  })

  it('400: refuses ids that are none, and a model that cannot answer any more', async () => {
    expectProblem(await requests.act('dlq/message_1/retry'), 400, 'invalid_id', 'dead_letter_id')
    const dead = await requests.run(failing)
    await server.pool.query('UPDATE models SET enabled = false')
    const answer = await requests.act<never>(`dlq/${dead.turn_id}/retry`)
    await server.pool.query('UPDATE models SET enabled = true')
    expectProblem(answer, 400, 'unknown_model')
  })

  it('404: does not tell an unknown turn from one of another organization', async () => {
    expectProblem(await requests.act(`dlq/${await requests.makeForeignTurn(failing)}/retry`), 404, 'turn_not_found')
    expectProblem(await requests.act(`dlq/turn_${'0'.repeat(32)}/retry`), 404, 'turn_not_found')
  })

  it('409: refuses a turn that has not failed', async () => {
    const { id } = await createSession(server.url)
    const others = [await parkTurn(server.url), await postMessage(server.url, id, hanging), await postMessage(server.url, id, hanging)]
    for (const { turn_id } of [completed, ...others]) expectProblem(await requests.act(`dlq/${turn_id}/retry`), 409, 'turn_not_failed')
  })

  it('429: says when to come back where too many turns wait', async () => {
    const dead = await requests.run(failing)
    await postMessage(server.url, dead.session_id, hanging)
    await Promise.all(Array.from({ length: 100 }, () => postMessage(server.url, dead.session_id, hanging)))
    const answer = await requests.act<never>(`dlq/${dead.turn_id}/retry`)
    expectProblem(answer, 429, 'queue_full')
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
  })
})
