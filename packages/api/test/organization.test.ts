import type { Model, Organization, Problem } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate, query } from './support/call-procedure.ts'
import { foreignOrganizationId, createForeignSession } from './support/create-foreign-session.ts'
import { createModel, createProvider, patch } from './support/providers.ts'
import { expectProblem, send } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let url: string
beforeAll(async () => {
  server = await startServer()
  url = `${server.url}/v1/organization`
})
afterAll(() => server.close())

const get = async () => (await send<Organization>(url)).body

describe('GET /v1/organization', () => {
  it('shows the caller’s own, with its limits and what it keeps, and no secret', async () => {
    await server.pool.query(`UPDATE organizations SET webhook_secret = 'whsec_hidden'`)
    const answer = await send<Organization>(url)
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      id: seeded.organization_id,
      name: 'Default',
      default_model_id: seeded.model_id,
      turns_running_max: null,
      streams_open_max: null,
      deltas_kept_hours: 24,
      events_kept_days: null,
      idempotency_keys_kept_hours: 24,
      created_at: expect.stringMatching(/Z$/),
      updated_at: expect.stringMatching(/Z$/),
    })
    expect((await query<Organization>(server.url, 'organization.get')).body.result?.data).toEqual(answer.body)
  })
})

describe('PATCH /v1/organization', () => {
  it('changes what is given, and leaves the rest and every other organization', async () => {
    await createForeignSession(server.pool)
    const before = await get()
    const changes = { name: 'Ours', turns_running_max: 5, streams_open_max: 7, deltas_kept_hours: null, events_kept_days: 30, idempotency_keys_kept_hours: 48 }
    const changed = await patch<Organization>(url, changes)
    expect(changed.status).toBe(200)
    expect(changed.body).toEqual({ ...before, ...changes, updated_at: expect.any(String) })
    expect(Date.parse(changed.body.updated_at)).toBeGreaterThan(Date.parse(before.updated_at))
    expect((await patch<Organization>(url, { turns_running_max: null })).body).toMatchObject({ ...changes, turns_running_max: null })
    expect((await patch<Organization>(url, {})).body).toMatchObject({ name: 'Ours', streams_open_max: 7 })
    expect((await mutate<Organization>(server.url, 'organization.update', { streams_open_max: null })).body.result?.data).toMatchObject({ name: 'Ours', streams_open_max: null })
    const { rows } = await server.pool.query('SELECT name, turns_running_max FROM organizations WHERE id = $1', [foreignOrganizationId])
    expect(rows).toEqual([{ name: 'Other', turns_running_max: null }])
  })

  it('takes what it cannot change for what it is: nothing', async () => {
    const before = await get()
    expect((await patch<Organization>(url, { id: foreignOrganizationId, webhook_secret: 'mine', created_at: '2000-01-01T00:00:00.000Z' })).body).toEqual({ ...before, updated_at: expect.any(String) })
    const { rows } = await server.pool.query('SELECT webhook_secret FROM organizations WHERE id = $1', [seeded.organization_id])
    expect(rows).toEqual([{ webhook_secret: 'whsec_hidden' }])
  })

  it('makes another model the default, if it can answer', async () => {
    const provider = await createProvider(server.url, { provider_type: 'sim' })
    const model = await createModel(server.url, provider.id)
    expect((await patch<Organization>(url, { default_model_id: model.id })).body.default_model_id).toBe(model.id)
    expect((await send<Model>(`${server.url}/v1/models/${model.id}`)).body.is_default).toBe(true)
    const disabled = await createModel(server.url, provider.id, { enabled: false })
    expectProblem(await patch<Problem>(url, { default_model_id: disabled.id, name: 'Half' }), 400, 'unknown_model', 'default_model_id')
    expectProblem(await patch<Problem>(url, { default_model_id: `model_${'0'.repeat(32)}` }), 400, 'unknown_model', 'default_model_id')
    // Nothing of a change that was refused is stored.
    expect(await get()).toMatchObject({ default_model_id: model.id, name: 'Ours' })
  })

  it.each([
    ['name', ''],
    ['name', 'x'.repeat(129)],
    ['name', null],
    ['name', 7],
    ['name', 'a\u0000b'],
    ['turns_running_max', 0],
    ['turns_running_max', -1],
    ['turns_running_max', 1.5],
    ['turns_running_max', 1e9],
    ['turns_running_max', '5'],
    ['turns_running_max', true],
    ['turns_running_max', [5]],
    ['streams_open_max', 0],
    ['streams_open_max', 1e18],
    ['deltas_kept_hours', 23],
    ['deltas_kept_hours', 87_601],
    ['events_kept_days', 0],
    ['events_kept_days', 1e6],
    ['idempotency_keys_kept_hours', 23],
    ['idempotency_keys_kept_hours', null],
    ['default_model_id', null],
  ])('refuses %s: %j, by its name', async (field, value) => {
    const before = await get()
    expectProblem(await patch<Problem>(url, { events_kept_days: 9, [field]: value }), 400, 'invalid_request', field)
    expect(await get()).toEqual(before)
  })

  it('refuses a model’s id that is none, and a body that is none', async () => {
    expectProblem(await patch<Problem>(url, { default_model_id: 'gpt' }), 400, 'invalid_id', 'default_model_id')
    expect((await patch<Problem>(url, [])).status).toBe(400)
    expect((await patch<Problem>(url, 'name')).status).toBe(400)
    expect((await send(url, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"name":' })).body).toMatchObject({ code: 'invalid_json' })
    expect((await send(url, { method: 'PATCH', headers: { 'content-type': 'application/json' } })).status).toBe(400)
  })

  it('answers tRPC with the same refusals', async () => {
    const answer = await mutate<Organization>(server.url, 'organization.update', { turns_running_max: 0 })
    expect(answer.status).toBe(400)
    expect(answer.body.error?.data).toMatchObject({ code: 'invalid_request', httpStatus: 400, errors: [{ path: 'turns_running_max' }] })
  })

  it('takes the last of a field that is given twice', async () => {
    const answer = await send<Organization>(url, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"events_kept_days":1,"events_kept_days":2}' })
    expect(answer.body.events_kept_days).toBe(2)
  })
})
