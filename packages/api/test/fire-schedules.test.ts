import { setTimeout as delay } from 'node:timers/promises'
import type { Message, Schedule } from '@reprise/contract'
import type { Duty } from '@reprise/engine'
import { seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFireSchedules } from '../src/index.ts'
import { createModel, createProvider, patch, remove } from './support/providers.ts'
import { createSession, post, postMessage, scriptMessage, send, textMessage } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let duty: Duty
beforeAll(async () => {
  // It orders, and carries nothing out but what a test calls.
  server = await startServer({ engine: { slots: 0 } })
  const { pool: db, hub, engine, compute } = server
  duty = createFireSchedules({ db, hub, engine, compute, stopping: new AbortController().signal })
})
afterAll(() => server.close())

const { organization_id } = seeded
const signal = new AbortController().signal

async function create(settings: object = {}): Promise<Schedule> {
  const session_id = (await createSession(server.url)).id
  const answer = await post<Schedule>(`${server.url}/v1/schedules`, { session_id, ...textMessage('good morning'), cron: '0 9 * * *', ...settings })
  expect(answer.status, answer.text).toBe(201)
  return answer.body
}

const read = async ({ id }: Schedule) => (await send<Schedule>(`${server.url}/v1/schedules/${id}`)).body
const messagesOf = async ({ session_id }: Schedule) => (await send<{ data: Message[] }>(`${server.url}/v1/sessions/${session_id}/messages?role=user`)).body.data
const fire = ({ id }: Schedule) => duty.perform({ organization_id, schedule_id: id }, signal)

/** Puts the next fire of a schedule to the latest 9:00, or so many hours before, as after downtime. */
async function miss({ id }: Schedule, hours = 0): Promise<void> {
  await server.pool.query(
    `UPDATE schedules SET next_fire_at = date_trunc('day', clock_timestamp() - interval '9 hours', 'UTC') + make_interval(hours => 9 - $2) WHERE id = $1`,
    [id, hours],
  )
}

describe('a fire', () => {
  it('posts the message with its turn, and says what comes next', async () => {
    const schedule = await create({ metadata: { from: 'schedule' }, tags: ['daily'] })
    await miss(schedule)
    await fire(schedule)
    const [message, ...others] = await messagesOf(schedule)
    expect(others).toEqual([])
    expect(message).toMatchObject({ role: 'user', content: [{ type: 'text', text: 'good morning' }], metadata: { from: 'schedule' }, tags: ['daily'], turn_id: expect.stringMatching(/^turn_/) })
    const after = await read(schedule)
    expect(after).toMatchObject({ last_message_id: message!.id, last_error: null, next_fire_at: schedule.next_fire_at })
    expect(after.last_fired_at).toMatch(/T09:00:00.000Z$/)
  })

  it('that is ordered twice, by two at once, posts one message (F1)', async () => {
    const schedule = await create()
    await miss(schedule)
    await Promise.all([fire(schedule), fire(schedule), fire(schedule)])
    await fire(schedule)
    expect(await messagesOf(schedule)).toHaveLength(1)
  })

  it('whose process died before it was recorded posts no second message (F1, F3)', async () => {
    const schedule = await create()
    await miss(schedule)
    await fire(schedule)
    const { last_fired_at, last_message_id } = await read(schedule)
    await server.pool.query('UPDATE schedules SET next_fire_at = $2, last_fired_at = NULL, last_message_id = NULL WHERE id = $1', [schedule.id, last_fired_at])
    await duty.perform({}, signal)
    expect(await read(schedule)).toMatchObject({ last_fired_at, last_message_id, next_fire_at: schedule.next_fire_at })
    expect(await messagesOf(schedule)).toHaveLength(1)
  })

  it('makes up for the latest that was missed, and not for the others (F4)', async () => {
    const schedule = await create({ cron: '0 * * * *' })
    await miss(schedule, 48)
    await duty.perform({}, signal)
    expect(await messagesOf(schedule)).toHaveLength(1)
    const { last_fired_at, next_fire_at } = await read(schedule)
    expect(Date.parse(next_fire_at!) - Date.parse(last_fired_at!)).toBe(3_600_000)
  })

  it('at a time comes once, however late', async () => {
    const schedule = await create({ cron: null, at: '2099-01-31T09:00:00Z' })
    await server.pool.query(`UPDATE schedules SET at = '2026-01-31T09:00:00Z', next_fire_at = '2026-01-31T09:00:00Z' WHERE id = $1`, [schedule.id])
    await duty.perform({}, signal)
    expect(await read(schedule)).toMatchObject({ last_fired_at: '2026-01-31T09:00:00.000Z', next_fire_at: null, enabled: true })
    await duty.perform({}, signal)
    expect(await messagesOf(schedule)).toHaveLength(1)
  })

  it('that was ordered comes to nothing when the schedule is disabled, timed anew or deleted (F2)', async () => {
    const [disabled, moved, deleted] = [await create(), await create(), await create()]
    for (const schedule of [disabled, moved, deleted]) await miss(schedule)
    await patch(`${server.url}/v1/schedules/${disabled.id}`, { enabled: false })
    await patch(`${server.url}/v1/schedules/${moved.id}`, { at: '2099-01-31T09:00:00Z' })
    await remove(`${server.url}/v1/schedules/${deleted.id}`)
    for (const schedule of [disabled, moved, deleted]) {
      await fire(schedule)
      expect(await messagesOf(schedule)).toEqual([])
    }
  })

  it('that is due stays due when only the name changes', async () => {
    const schedule = await create()
    await miss(schedule)
    await patch(`${server.url}/v1/schedules/${schedule.id}`, { name: 'Renamed' })
    await fire(schedule)
    expect(await messagesOf(schedule)).toHaveLength(1)
  })

  it('tells why it posted nothing, and the next one comes', async () => {
    const provider = await createProvider(server.url, { provider_type: 'sim' })
    const model = await createModel(server.url, provider.id)
    const schedule = await create({ controls: { model_id: model.id } })
    await patch(`${server.url}/v1/models/${model.id}`, { enabled: false })
    await miss(schedule)
    await fire(schedule)
    expect(await read(schedule)).toMatchObject({ last_error: { code: 'unknown_model', message: expect.stringContaining(model.id) }, last_message_id: null, next_fire_at: schedule.next_fire_at })
    await patch(`${server.url}/v1/models/${model.id}`, { enabled: true })
    await miss(schedule)
    await server.pool.query(`UPDATE schedules SET cron = '* * * * *' WHERE id = $1`, [schedule.id])
    await fire(schedule)
    expect(await read(schedule)).toMatchObject({ last_error: null, last_message_id: expect.stringMatching(/^message_/) })
  })

  it('into a full queue is told too', async () => {
    const schedule = await create({ controls: { when_busy: 'reject' } })
    await postMessage(server.url, schedule.session_id, scriptMessage([{ text: 'x' }]))
    await miss(schedule)
    await fire(schedule)
    expect(await read(schedule)).toMatchObject({ last_error: { code: 'session_busy' }, next_fire_at: schedule.next_fire_at })
  })

  it('that fails for a reason that passes is left due', async () => {
    const schedule = await create()
    await miss(schedule)
    await server.pool.query('ALTER TABLE models RENAME TO models_away')
    await expect(fire(schedule)).rejects.toThrow()
    await server.pool.query('ALTER TABLE models_away RENAME TO models')
    await fire(schedule)
    expect(await messagesOf(schedule)).toHaveLength(1)
  })
})

it('one overdue schedule that cannot be fired keeps no other waiting', async () => {
  const [broken, sound] = [await create(), await create()]
  await miss(broken, 48)
  await miss(sound, 24)
  await server.pool.query(`UPDATE schedules SET cron = 'never' WHERE id = $1`, [broken.id])
  await expect(duty.perform({}, signal)).rejects.toThrow()
  expect(await messagesOf(sound)).toHaveLength(1)
  expect(await messagesOf(broken)).toHaveLength(0)
  await remove(`${server.url}/v1/schedules/${broken.id}`)
})

describe('schedules of two processes', () => {
  it('fire once, at their time', async () => {
    const { database } = server
    const processes = [await startServer({ database }), await startServer({ database })]
    await Promise.all(processes.map(({ engine }) => engine.startBackground()))
    const at = new Date(Date.now() + 1_500).toISOString()
    const schedule = await create({ cron: null, at })
    let fired = await read(schedule)
    for (; fired.last_message_id === null; fired = await read(schedule)) await delay(100)
    expect(fired.last_fired_at).toBe(at)
    expect((await messagesOf(schedule)).map(({ id }) => id)).toEqual([fired.last_message_id])
    for (const process of processes) await process.close()
  })
})
