import { newId, type Problem, type Schedule } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate, query } from './support/call-procedure.ts'
import { createForeignSession, foreignOrganizationId } from './support/create-foreign-session.ts'
import { patch, remove } from './support/providers.ts'
import { createSession, expectProblem, post, send, textMessage } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let session_id: string
let foreignId: string
beforeAll(async () => {
  server = await startServer({ engine: { slots: 0 } })
  session_id = (await createSession(server.url)).id
  const foreign = await createForeignSession(server.pool)
  foreignId = newId('schedule')
  await server.pool.query(
    `INSERT INTO schedules (organization_id, id, session_id, message, cron, timezone, enabled) VALUES ($1, $2, $3, '{}', '* * * * *', 'UTC', true)`,
    [foreignOrganizationId, foreignId, foreign],
  )
})
afterAll(() => server.close())

const url = (id = '') => `${server.url}/v1/schedules${id && `/${id}`}`
const { message } = textMessage('good morning')
const later = '2099-01-31T09:00:00.000Z'

async function create(settings: object = {}): Promise<Schedule> {
  const answer = await post<Schedule>(url(), { session_id, message, cron: '0 9 * * 1-5', ...settings })
  expect(answer.status, answer.text).toBe(201)
  return answer.body
}

/** What is wrong with a schedule however it comes in. */
const badSettings: [string, object, string, string?][] = [
  ['six fields', { cron: '* * * * * *' }, 'cron'],
  ['no cron expression', { cron: 'tomorrow' }, 'cron'],
  ['a minute beyond 59', { cron: '61 * * * *' }, 'cron'],
  ['a day that never comes', { cron: '0 0 30 2 *' }, 'cron'],
  ['a time that changes with every look', { cron: 'H * * * *' }, 'cron'],
  ['a very long expression', { cron: `${'0,'.repeat(60)}0 * * * *` }, 'cron'],
  ['a cron that is a number', { cron: 5 }, 'cron'],
  ['a zone that is not there', { timezone: 'Europe/Atlantis' }, 'timezone'],
  ['an empty zone', { timezone: '' }, 'timezone'],
  ['a time that is past', { cron: null, at: '2001-01-01T00:00:00Z' }, 'at'],
  ['a time without a zone', { cron: null, at: '2099-01-01T00:00:00' }, 'at'],
  ['a day that is no time', { cron: null, at: '2099-02-31' }, 'at'],
  ['both cron and at', { cron: '0 9 * * *', at: later }, 'at'],
  ['enabled that is text', { enabled: 'yes' }, 'enabled'],
  ['a long name', { name: 'x'.repeat(201) }, 'name'],
  ['a message of the agent', { message: { ...message, role: 'agent' } }, 'message.role'],
  ['a message of nothing', { message: { content: [] } }, 'message.content'],
  ['bytes of an image', { message: { content: [{ type: 'image', base64: 'AAAA' }] } }, 'message.content[0]'],
  ['bytes of an image in a url', { message: { content: [{ type: 'image', url: 'data:image/png;base64,AAAA' }] } }, 'message.content[0]'],
  ['an image that is not there', { message: { content: [{ type: 'image_file', image_id: newId('image') }] } }, 'message.content[0].image_id', 'unknown_image'],
  ['a model that is not there', { controls: { model_id: newId('model') } }, 'controls.model_id', 'unknown_model'],
  ['an unknown effort', { controls: { reasoning: { effort: 'some' } } }, 'controls.reasoning.effort'],
  ['a NUL', { name: 'a\0b' }, 'name'],
  ['51 tags', { tags: Array.from({ length: 51 }, () => 'x') }, 'tags'],
]

describe('POST /v1/schedules', () => {
  it('201: by cron in its zone, with everything it was given', async () => {
    const settings = { name: 'Morning', timezone: 'Europe/Berlin', controls: { reasoning: { effort: 'low' } }, metadata: { a: 1 }, tags: ['x'] }
    const schedule = await create(settings)
    expect(schedule).toEqual({
      id: expect.stringMatching(/^sched_/), organization_id: seeded.organization_id, session_id, ...settings, message: { role: 'user', ...message }, cron: '0 9 * * 1-5',
      controls: expect.objectContaining(settings.controls), at: null, enabled: true, next_fire_at: expect.stringMatching(/T0[78]:00:00.000Z$/), last_fired_at: null,
      last_message_id: null, last_error: null, created_at: expect.any(String), updated_at: expect.any(String),
    })
    expect((await send(url(schedule.id))).body).toEqual(schedule)
  })

  it('201: once at a time, whatever zone it is said in', async () => {
    expect(await create({ cron: undefined, at: '2099-01-31T10:00:00+01:00' })).toMatchObject({ cron: null, at: later, next_fire_at: later, timezone: 'UTC' })
  })

  it('201: not enabled, it does not fire', async () => {
    expect(await create({ enabled: false })).toMatchObject({ enabled: false, next_fire_at: null })
  })

  it.each([...badSettings, ['neither cron nor at', { cron: undefined }, 'at'], ['no message', { message: undefined }, 'message'], ['an id that is none', { session_id: 'x' }, 'session_id', 'invalid_id']] as typeof badSettings)(
    '400: refuses %s',
    async (_what, settings, path, code = 'invalid_request') => {
      expectProblem(await post(url(), { session_id, message, cron: '0 9 * * *', ...settings }), 400, code, path)
    },
  )

  it('404: for a session that is not there, or is another organization’s', async () => {
    for (const id of [newId('session'), await createForeignSession(server.pool)]) expectProblem(await post(url(), { session_id: id, message, cron: '0 9 * * *' }), 404, 'session_not_found')
  })

  it('409: beyond as many as an organization may have', async () => {
    const { id } = await create()
    await server.pool.query(
      `INSERT INTO schedules (organization_id, id, session_id, message, cron, timezone, enabled)
       SELECT organization_id, 'sched_' || lpad(to_hex(n), 32, '0'), session_id, message, cron, timezone, false FROM schedules, generate_series(1, 1000) n WHERE id = $1`,
      [id],
    )
    expectProblem(await post(url(), { session_id, message, cron: '0 9 * * *' }), 409, 'too_many_schedules')
    await server.pool.query(`DELETE FROM schedules WHERE id LIKE 'sched_0000%'`)
  })
})

describe('GET /v1/schedules', () => {
  it('200: newest first, none of another organization, a page at a time', async () => {
    const other = await createSession(server.url)
    const [first, second] = [await create({ session_id: other.id }), await create({ session_id: other.id })]
    expect((await send(`${url()}?session_id=${other.id}`)).body).toEqual({ data: [second, first], total: 2, offset: 0, limit: 100 })
    expect((await send(`${url()}?session_id=${other.id}&offset=1&limit=1`)).body).toEqual({ data: [first], total: 2, offset: 1, limit: 1 })
    expect((await send(url())).text).not.toContain(foreignId)
  })

  it.each([['limit=0', 'limit'], ['limit=-1', 'limit'], ['limit=1000000000', 'limit'], ['offset=-1', 'offset'], ['offset=x', 'offset'], ['limit=1&limit=2', 'limit'], ['session_id=x', 'session_id', 'invalid_id']])(
    '400: refuses %s',
    async (query, path, code = 'invalid_request') => {
      expectProblem(await send(`${url()}?${query}`), 400, code, path)
    },
  )
})

describe('GET, PATCH, DELETE /v1/schedules/{schedule_id}', () => {
  it('200: changes what is given and leaves the rest', async () => {
    const schedule = await create()
    const renamed = { ...schedule, name: 'Other', tags: ['y'], updated_at: expect.any(String) }
    expect((await patch(url(schedule.id), { name: 'Other', tags: ['y'] })).body).toEqual(renamed)
    expect((await patch(url(schedule.id), { at: later })).body).toEqual({ ...renamed, cron: null, at: later, next_fire_at: later })
    expect((await patch(url(schedule.id), { enabled: false })).body).toMatchObject({ at: later, next_fire_at: null })
    expect((await patch(url(schedule.id), { enabled: true, cron: '0 9 * * *', timezone: 'Asia/Tokyo' })).body).toMatchObject({ at: null, next_fire_at: expect.stringContaining('T00:00:00.000Z') })
  })

  it.each(badSettings)('400: refuses %s, and changes nothing', async (_what, settings, path, code = 'invalid_request') => {
    const schedule = await create()
    expectProblem(await patch<Problem>(url(schedule.id), settings), 400, code, path)
    expect((await send(url(schedule.id))).body).toEqual(schedule)
  })

  it('204: and is gone', async () => {
    const { id } = await create()
    expect((await remove(url(id))).status).toBe(204)
    expectProblem(await send(url(id)), 404, 'schedule_not_found')
  })

  it('204: goes with its session', async () => {
    const session = await createSession(server.url)
    const { id } = await create({ session_id: session.id })
    await remove(`${server.url}/v1/sessions/${session.id}`)
    expectProblem(await send(url(id)), 404, 'schedule_not_found')
  })

  it('400, 404: a foreign one is like one that is not there', async () => {
    for (const call of [(id: string) => send(url(id)), (id: string) => patch<Problem>(url(id), { name: 'x' }), (id: string) => remove<Problem>(url(id))]) {
      expectProblem(await call('x'), 400, 'invalid_id', 'schedule_id')
      for (const id of [newId('schedule'), foreignId]) expectProblem(await call(id), 404, 'schedule_not_found')
    }
  })
})

describe('schedules by tRPC', () => {
  it('are the same, with the same refusals', async () => {
    const made = (await mutate<Schedule>(server.url, 'schedules.create', { session_id, message, cron: '0 9 * * *' })).body.result!.data
    expect((await send(url(made.id))).body).toEqual(made)
    expect((await query<Schedule>(server.url, 'schedules.get', { schedule_id: made.id })).body.result?.data).toEqual(made)
    expect((await query<{ data: Schedule[] }>(server.url, 'schedules.list', { session_id })).body.result?.data.data).toContainEqual(made)
    expect((await mutate<Schedule>(server.url, 'schedules.update', { schedule_id: made.id, name: 'Other' })).body.result?.data.name).toBe('Other')
    expect((await mutate(server.url, 'schedules.update', { schedule_id: made.id, cron: 'x' })).body.error?.data.errors?.[0]?.path).toBe('cron')
    await mutate(server.url, 'schedules.delete', { schedule_id: made.id })
    expect((await query(server.url, 'schedules.get', { schedule_id: made.id })).body.error?.data.code).toBe('schedule_not_found')
  })
})
