import type { Agent, Session } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appRouter } from '../src/trpc/app-router.ts'
import { actAs, type Actor } from './support/act-as.ts'
import { makeKey, makeOrganization } from './support/make-keys.ts'
import { findDocumentedKinds } from './support/find-documented-kinds.ts'
import { restMatrix, triedElsewhere, trpcMatrix, type RestInput } from './support/organization-matrix.ts'
import { findKinds, makeMissing, type Probe } from './support/probe-organizations.ts'
import { listProcedureTypes } from './support/list-procedure-types.ts'
import { secretKey } from './support/providers.ts'
import { makeResources, type Ids } from './support/resources.ts'
import { expectProblem, send, textMessage, type Answer } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

/** Of every procedure, by its whole name. */
const procedureTypes = listProcedureTypes(appRouter)

let server: TestServer
/** Of the operator, who may do more than anybody else. */
let ownKey: string
let own: Ids
let foreign: Ids
let foreigner: Actor
let foreignOrganizationId: string
beforeAll(async () => {
  server = await startServer({ engine: { secretKeys: [secretKey] } })
  const other = await makeOrganization(server.pool)
  foreignOrganizationId = other.organization.id
  foreigner = actAs(server.url, other.key.secret)
  ownKey = (await makeKey(server.pool)).secret
  own = await makeResources(server.url, ownKey)
  foreign = await makeResources(server.url, other.key.secret)
})
afterAll(() => server.close())

async function callRest(route: string, { params = {}, query = {}, body }: RestInput): Promise<Answer<unknown>> {
  const [method = '', pattern = ''] = route.split(' ')
  const path = pattern.replace(/:(\w+)/g, (_whole, name: string) => params[name] ?? expect.fail(`${route}: the probe has no ${name}`))
  const headers = { authorization: ownKey, ...(body !== undefined && { 'content-type': 'application/json' }) }
  return await send(`${server.url}${path}?${new URLSearchParams(query)}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
}

async function callTrpc(path: string, input: object): Promise<Answer<unknown>> {
  const headers = { authorization: ownKey, 'content-type': 'application/json' }
  const type = procedureTypes[path]
  if (type === 'mutation') return await send(`${server.url}/trpc/${path}`, { method: 'POST', headers, body: JSON.stringify(input) })
  const url = `${server.url}/trpc/${path}?input=${encodeURIComponent(JSON.stringify(input))}`
  if (type === 'query') return await send(url, { headers })
  // The answer has begun when it is known; the status is in what ends it.
  const answer = await send(url, { headers: { ...headers, accept: 'text/event-stream' } })
  return { ...answer, status: Number(/"httpStatus":(\d+)/.exec(answer.text)?.[1]) }
}

/** Tries every id of a probe: another organization's gets what one that does not exist gets, but for the id itself. */
async function expectNoDifference<Input>(probe: Probe<Input>, call: (input: Input) => Promise<Answer<unknown>>): Promise<void> {
  const kinds = findKinds(probe, own)
  expect(kinds.length, 'the probe tries no id').toBeGreaterThan(0)
  for (const kind of kinds) {
    const [ofForeign, ofMissing] = await Promise.all([foreign[kind], makeMissing(kind)].map(async (id) => {
      const { status, text } = await call(probe.make({ ...own, [kind]: id }, own))
      return { kind, status, text: text.replaceAll(id, '<the id>') }
    }))
    expect(ofForeign, `the ${kind} of another organization`).toEqual(ofMissing)
    // Else the call was wrong in itself, and says nothing.
    expect(ofMissing!.status, ofMissing!.text).toBe(probe.status)
    if (probe.status === 400) expect(ofMissing!.text).toContain('<the id>')
  }
}

const isOfApi = (route: string) => / \/v1\//.test(route) && !/^(HEAD|OPTIONS) /.test(route)

describe('every route of REST', () => {
  it('has a line in support/organization-matrix.ts that says which ids can be in it', () => {
    const listed = Object.keys(restMatrix)
    expect(server.routes.filter((route) => isOfApi(route) && !listed.includes(route)), 'give these a line in restMatrix').toEqual([])
    expect(listed.filter((route) => !server.routes.includes(route)), 'these are no more').toEqual([])
  })

  it('tries every id that its own description has', async () => {
    const { body: document } = await send<Parameters<typeof findDocumentedKinds>[0]>(`${server.url}/openapi.json`)
    const untried = Object.entries(restMatrix).map(([route, probes]) => {
      const tried = [...probes.flatMap((probe) => findKinds(probe, own)), ...(triedElsewhere[route] ?? [])] as string[] // to be compared with any
      return [route, findDocumentedKinds(document, route).filter((kind) => !tried.includes(kind))] as const
    })
    expect(Object.fromEntries(untried.filter(([, kinds]) => kinds.length > 0)), 'try these too').toEqual({})
  })

  it('is under /v1, or says nothing of any organization', () => {
    const others = server.routes.filter((route) => !isOfApi(route) && !/ \/(api\/)?v1\//.test(route) && !/ \/docs(\/|$)/.test(route))
    expect(others.filter((route) => !/^(GET|HEAD) \/(healthz|readyz|metrics|openapi\.json)$|^(GET|HEAD|POST) \/trpc\/\*$/.test(route))).toEqual([])
  })

  it.each(Object.entries(restMatrix).flatMap(([route, probes]) => probes.map((probe, number) => ({ route, number, probe }))))(
    '$route ($number) does not tell what is another organization’s from what does not exist',
    async ({ route, probe }) => {
      await expectNoDifference(probe, (input) => callRest(route, input))
    },
  )

  it.each(Object.keys(restMatrix).filter((route) => /^GET [^:]*$/.test(route)))('%s shows nothing of another organization', async (route) => {
    const { status, text } = await callRest(route, { query: {} })
    expect(status).toBe(200)
    for (const id of [foreignOrganizationId, ...Object.values(foreign)]) expect(text).not.toContain(id)
  })
})

describe('every procedure of tRPC', () => {
  it('has a line in support/organization-matrix.ts that says which ids can be in it', () => {
    const [there, listed] = [Object.keys(procedureTypes), Object.keys(trpcMatrix)]
    expect(there.filter((path) => !listed.includes(path)), 'give these a line in trpcMatrix').toEqual([])
    expect(listed.filter((path) => !there.includes(path)), 'these are no more').toEqual([])
  })

  it.each(Object.entries(trpcMatrix).flatMap(([path, probes]) => probes.map((probe, number) => ({ path, number, probe }))))(
    '$path ($number) does not tell what is another organization’s from what does not exist',
    async ({ path, probe }) => {
      await expectNoDifference(probe, (input) => callTrpc(path, input))
    },
  )

  it.each(Object.keys(trpcMatrix).filter((path) => path.endsWith('.list') && trpcMatrix[path]!.length === 0))('%s shows nothing of another organization', async (path) => {
    const { status, text } = await callTrpc(path, {})
    expect(status).toBe(200)
    for (const id of [foreignOrganizationId, ...Object.values(foreign)]) expect(text).not.toContain(id)
  })
})

describe('a second organization', () => {
  it('still has all that others have tried to change', async () => {
    const [session, agent, provider, model, key, turn, image, listed] = await Promise.all([
      foreigner.get(`/v1/sessions/${foreign.session}`),
      foreigner.get(`/v1/agents/${foreign.agent}`),
      foreigner.get(`/v1/providers/${foreign.provider}`),
      foreigner.get(`/v1/models/${foreign.model}`),
      foreigner.get(`/v1/keys/${foreign.key}`),
      foreigner.get(`/v1/durable/workflows/${foreign.turn}`),
      foreigner.get(`/v1/images/${foreign.image}`),
      foreigner.get<{ data: unknown[] }>(`/v1/sessions/${foreign.session}/messages`),
    ])
    for (const { status, text } of [session, agent, provider, model, key, turn, image]) expect(status, text).toBe(200)
    expect(provider.body).toMatchObject({ name: 'Own' })
    expect(model.body).toMatchObject({ display_name: 'own', is_default: false })
    expect(key.body).toMatchObject({ name: 'Own', revoked_at: null })
    expect(turn.body).toMatchObject({ status: 'failed' })
    expect(listed.body.data.length).toBe(2)
  })

  it('works at once: its assistant answers, by a model of its own', async () => {
    const session = (await foreigner.post<Session>('/v1/sessions', { agent_name: 'assistant' })).body
    expect(session.organization_id).toBe(foreignOrganizationId)
    const answer = await foreigner.post<{ answer: { content: { text: string }[] }; turn_status: string }>(`/v1/sessions/${session.id}/messages?wait=true`, textMessage('Hello'))
    expect(answer.body).toMatchObject({ turn_status: 'completed', answer: { content: [{ text: 'You said: Hello' }] } })
    const { data: models } = (await foreigner.get<{ data: { id: string; is_default: boolean }[] }>('/v1/models')).body
    expect(models.find(({ is_default }) => is_default)?.id).not.toBe(seeded.model_id)
  })

  it('has a workspace and an owner of its own', async () => {
    const [theirs, ours] = await Promise.all([foreigner, actAs(server.url, ownKey)].map(async (actor) => (await actor.post<Session>('/v1/sessions', {})).body))
    expect(theirs!.workspace_id).not.toBe(ours!.workspace_id)
    expect(theirs!.owner_principal_id).not.toBe(ours!.owner_principal_id)
    expect(ours).toMatchObject({ workspace_id: 'wsp_00000000000070008000000000000001', owner_principal_id: 'principal_00000000000070008000000000000001' })
  })

  it('may have agents of the same names; the ids of agents are unique, and one that is taken is answered like any that cannot be created', async () => {
    const admin = actAs(server.url, ownKey)
    const renamed = { id: own.agent, name: 'assistant', system_prompt: 'Mine.' }
    const taken = await admin.post('/v1/agents', { ...renamed, id: foreign.agent, name: 'mine' })
    expectProblem(taken, 409, 'agent_conflict')
    // The name is another agent's of one's own.
    expect((await admin.post('/v1/agents', renamed)).text).toBe(taken.text)
    expect((await foreigner.get<Agent>(`/v1/agents/${foreign.agent}`)).body.system_prompt).toBe('Help.')
    expect((await admin.get<Agent>('/v1/agents/helper')).body.id).toBe(own.agent)
    expect((await foreigner.get<Agent>('/v1/agents/helper')).body.id).toBe(foreign.agent)
  })
})
