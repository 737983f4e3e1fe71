import { session as sessionSchema, type Agent, type Session } from '@reprise/contract'
import { describeOwnership, seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { query } from './support/call-procedure.ts'
import { createForeignSession, foreignOrganizationId } from './support/create-foreign-session.ts'
import { markDeleted } from './support/mark-deleted.ts'
import { parkTurn } from './support/park-turn.ts'
import { createSession, expectProblem, post, send, textMessage } from './support/requests.ts'
import { runTurn } from './support/run-turn.ts'
import { startServer, type TestServer } from './support/start-server.ts'

interface SessionList {
  data: Session[]
  sessions: Session[]
  total: number
  offset: number
  limit: number
}

let server: TestServer
/** In the order in which they were made. */
const made: Session[] = []
beforeAll(async () => {
  server = await startServer()
  await createForeignSession(server.pool)
  const { body: agent } = await post<Agent>(`${server.url}/v1/agents`, { name: 'box-office', display_name: 'Théâtre', system_prompt: 'x' })
  for (const settings of [
    { title: 'Plan 100% of it', tags: ['a', 'b'] },
    { title: 'Plan_B', tags: ['b', 'ÜBER "all"'] },
    { title: 'Straße', agent_name: undefined },
    { agent_name: agent.name },
  ]) {
    made.push(await createSession(server.url, settings))
  }
  await markDeleted(server.pool, (await createSession(server.url, { title: 'Plan of what is gone', tags: ['a'] })).id)
  await runTurn(server.url, made[1]!.id, textMessage('x'))
  await send(`${server.url}/v1/sessions/${made[2]!.id}/pin`, { method: 'PUT' })
  for (const [index, { id }] of made.entries()) made[index] = (await send<Session>(`${server.url}/v1/sessions/${id}`)).body
})
afterAll(() => server.close())

const list = async (search = '', mount = '/v1') => (await send<SessionList>(`${server.url}${mount}/sessions?${search}`)).body
const indexes = async (search: string) => {
  const { data, total } = await list(search)
  expect(total, search).toBe(data.length)
  return data.map(({ id }) => made.findIndex((session) => session.id === id))
}

describe('GET /v1/sessions', () => {
  describe('200', () => {
    it('lists the organization’s sessions, the newest first, under both names and both mounts', async () => {
      const answer = await list()
      expect(answer).toEqual({ data: made.toReversed(), sessions: made.toReversed(), total: 4, offset: 0, limit: 100 })
      expect(await list('', '/api/v1')).toEqual(answer)
    })

    it('shows every session with all that a session always has', async () => {
      for (const session of (await list()).data) {
        expect(sessionSchema.safeParse(session).error).toBeUndefined()
        expect(session).toMatchObject({ organization_id: seeded.organization_id, harness_id: seeded.harness_id, ...describeOwnership(seeded.organization_id) })
      }
    })

    it('pages, and counts the same on every page', async () => {
      expect(await list('limit=1&offset=1')).toEqual({ data: [made[2]], sessions: [made[2]], total: 4, offset: 1, limit: 1 })
      expect(await list('offset=4')).toMatchObject({ data: [], total: 4 })
      expect(await list(`offset=${Number.MAX_SAFE_INTEGER}`)).toMatchObject({ data: [], total: 4 })
    })

    it('finds by title, tag and agent, in upper or lower case, also where the letters are not ASCII', async () => {
      expect(await indexes('search=pLaN')).toEqual([1, 0])
      expect(await indexes(`search=${encodeURIComponent('über')}`)).toEqual([1])
      expect(await indexes(`search=${encodeURIComponent('STRAß')}`)).toEqual([2])
      expect(await indexes('search=ox-OFF')).toEqual([3])
      expect(await indexes(`search=${encodeURIComponent('THÉÂTRE')}`)).toEqual([3])
      expect(await indexes('search=')).toEqual([3, 2, 1, 0])
    })

    it('takes every character of a search for itself, also in tags', async () => {
      expect(await indexes('search=0%25')).toEqual([0])
      expect(await indexes('search=_')).toEqual([1])
      for (const character of String.raw`.*+?()[]{}|^$\&,"'/-`) {
        const expected = made.flatMap(({ title, tags }, index) => ([title, ...tags, index === 3 ? 'box-office' : null].some((text) => text?.includes(character)) ? [index] : []))
        expect(await indexes(`search=${encodeURIComponent(character)}`), character).toEqual(expected.toReversed())
      }
      expect(await indexes(`search=${encodeURIComponent('***=x')}`)).toEqual([])
    })

    it('filters by agent, status, tags, all of them, and pins', async () => {
      expect(await indexes(`agent_id=${seeded.agent_id}`)).toEqual([1, 0])
      expect(await indexes(`agent_id=agent_${'0'.repeat(32)}`)).toEqual([])
      expect(await indexes('status=idle')).toEqual([1])
      expect(await indexes('status=started')).toEqual([3, 2, 0])
      expect(await indexes('tags=b')).toEqual([1, 0])
      expect(await indexes('tags=b&tags=a')).toEqual([0])
      expect(await indexes('tags=B')).toEqual([])
      expect(await indexes('pinned=true')).toEqual([2])
      expect(await indexes('pinned=false')).toEqual([3, 1, 0])
      expect(await indexes('pinned=false&search=plan&tags=b&status=idle')).toEqual([1])
    })

    it('says which sessions wait for their caller', async () => {
      const { session_id } = await parkTurn(server.url)
      const { data } = await list('status=waitingfortoolresults')
      expect(data.map(({ id, status }) => ({ id, status }))).toEqual([{ id: session_id, status: 'waitingfortoolresults' }])
      await markDeleted(server.pool, session_id)
    })

    it('ends a page early where its sessions are megabytes long, so that the next page has the others', async () => {
      const agent_name = 'heavy'
      await post(`${server.url}/v1/agents`, { name: agent_name, system_prompt: 'x' })
      const heavy: string[] = []
      for (let count = 0; count < 10; count++) heavy.push((await createSession(server.url, { agent_name, system_prompt: 'x'.repeat(1_000_000) })).id)
      const first = await list('search=heavy')
      const second = await list(`search=heavy&offset=${first.data.length}`)
      expect(first).toMatchObject({ total: 10, limit: 100 })
      expect(first.data.length).toBeLessThan(10)
      expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(heavy.toReversed())
      for (const id of heavy) await markDeleted(server.pool, id)
    })

    it('is the same over tRPC', async () => {
      const { sessions: _, ...answer } = await list('search=plan&limit=1')
      expect((await query(server.url, 'sessions.list', { search: 'plan', limit: 1 })).body.result?.data).toEqual(answer)
    })
  })

  it('shows nothing of another organization, whoever asks for its agent', async () => {
    await server.pool.query(
      `INSERT INTO agents (organization_id, id, name, system_prompt, capabilities, tools, tags, harness_id) VALUES ($1, $2, 'foreign', 'x', '[]', '[]', '[]', $3)`,
      [foreignOrganizationId, `agent_${'f'.repeat(32)}`, seeded.harness_id],
    )
    expect(await indexes(`agent_id=agent_${'f'.repeat(32)}`)).toEqual([])
    expect(await indexes('search=foreign')).toEqual([])
  })

  describe('400', () => {
    it.each([
      ['limit=0', 'invalid_request', 'limit'],
      ['limit=-1', 'invalid_request', 'limit'],
      ['limit=1000000000', 'invalid_request', 'limit'],
      ['limit=1.5', 'invalid_request', 'limit'],
      ['limit=10&limit=10', 'invalid_request', 'limit'],
      ['offset=-1', 'invalid_request', 'offset'],
      ['offset=1e3', 'invalid_request', 'offset'],
      ['offset=9999999999999999', 'invalid_request', 'offset'],
      ['agent_id=assistant', 'invalid_id', 'agent_id'],
      [`agent_id=sess_${'0'.repeat(32)}`, 'invalid_id', 'agent_id'],
      [`agent_id=agent_${'0'.repeat(32)}&agent_id=agent_${'0'.repeat(32)}`, 'invalid_request', 'agent_id'],
      ['status=finished', 'invalid_request', 'status'],
      ['status=idle&status=active', 'invalid_request', 'status'],
      ['pinned=yes', 'invalid_request', 'pinned'],
      [`search=${'x'.repeat(257)}`, 'invalid_request', 'search'],
      ['search=a&search=b', 'invalid_request', 'search'],
      ['search=%00', 'invalid_request', 'search'],
      [`tags=${'x'.repeat(257)}`, 'invalid_request', 'tags[0]'],
      [Array.from({ length: 51 }, (_, index) => `tags=${index}`).join('&'), 'invalid_request', 'tags'],
    ])('refuses ?%s', async (search, code, path) => {
      expectProblem(await send(`${server.url}/v1/sessions?${search}`), 400, code, path)
    })
  })
})
