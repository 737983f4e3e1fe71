import { errorCatalogue } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase } from '../../../test/database.ts'
import { startCuttingProxy } from '../../store/test/support/cutting-proxy.ts'
import { createSession, expectProblem, post, send, textMessage } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

it('404: says that there is nothing', async () => {
  expectProblem(await send(`${server.url}/v1/nothing`), 404, 'not_found')
  expectProblem(await send(`${server.url}/`), 404, 'not_found')
  // Whatever the body is, or says that it is.
  for (const body of ['', '{', '<p>']) {
    for (const type of ['application/json', 'text/html']) {
      expectProblem(await send(`${server.url}/v1/nothing`, { method: 'POST', headers: { 'content-type': type }, ...(body && { body }) }), 404, 'not_found')
    }
  }
})

it('405: says which methods there are', async () => {
  const answer = await send(`${server.url}/v1/sessions/sess_1/messages`, { method: 'DELETE' })
  expectProblem(answer, 405, 'method_not_allowed')
  expect(answer.headers.get('allow')!.split(', ').toSorted()).toEqual(['GET', 'HEAD', 'POST'])
})

describe('500', () => {
  it('shows nothing of the inside, and its request id finds the cause in the log', async () => {
    await server.pool.query('ALTER TABLE agents RENAME TO agents_away')
    const answer = await server.responses.provoking(500, () => send(`${server.url}/v1/agents/assistant`))
    await server.pool.query('ALTER TABLE agents_away RENAME TO agents')
    expectProblem(answer, 500, 'internal_error')
    expect(answer.body.detail).toBe('Internal server error')
    expect(answer.text).not.toMatch(/relation|SELECT|node_modules|\.ts/)
    const line = server.logged.find((logged) => logged.includes(answer.headers.get('x-request-id')!))
    expect(line).toContain('relation \\"agents\\" does not exist')
  })
})

describe('503', () => {
  it('says that the database is away, and when to come back', async () => {
    const database = await createTestDatabase()
    const proxy = await startCuttingProxy(database.connectionString)
    const away = await startServer({ database: { ...database, connectionString: proxy.connectionString } })
    const { id } = await createSession(away.url)
    await proxy.stop()
    const answers = [await send(`${away.url}/v1/sessions/${id}`), await post(`${away.url}/v1/sessions/${id}/messages`, textMessage('x'))]
    for (const answer of answers) {
      expectProblem(answer, 503, 'database_unavailable')
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
    }
    await away.close()
    await database.drop()
  })
})

it('every code has its place on the page that problems lead to', async () => {
  const { text } = await send(`${server.url}/docs/errors`)
  for (const code of Object.keys(errorCatalogue)) expect(text).toContain(`id="${code}"`)
})
