import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { actAs } from './support/act-as.ts'
import { makeKey, makeOrganization } from './support/make-keys.ts'
import { openStream } from './support/open-stream.ts'
import { parkTurn } from './support/park-turn.ts'
import { expectProblem } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer({ access: { api_key: 'test', cors_origins: [] } })
})
afterAll(() => server.close())

describe('GET /metrics', () => {
  const read = async () => (await actAs(server.url, 'test').get('/metrics')).text

  it('200: tells the operator of turns, workers, streams and requests, in words that Prometheus reads', async () => {
    const { session_id } = await parkTurn(server.url)
    const stream = await openStream(`${server.url}/v1/sessions/${session_id}/sse`)
    const answer = await actAs(server.url, 'test').get('/metrics')
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    for (const line of ['reprise_turns{status="parked"} 1', 'reprise_turns{status="running"} 0', 'reprise_workers 1', 'reprise_streams_open 1']) expect(answer.text.split('\n')).toContain(line)
    expect(answer.text).toMatch(/^reprise_http_request_duration_seconds_count\{method="POST",route="\/v1\/sessions",status="201"\} 1$/m)
    expect(answer.text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m)
    // Nothing of what callers said, and no series for each of them.
    expect(answer.text).not.toContain(session_id)
    stream.close()
    await expect.poll(read).toContain('reprise_streams_open 0')
  })

  it('200: tells of the process alone while the database does not answer', async () => {
    await server.pool.query('ALTER TABLE workers RENAME TO workers_away')
    const text = await read()
    await server.pool.query('ALTER TABLE workers_away RENAME TO workers')
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m)
    expect(text).toMatch(/^reprise_workers nan$/im)
    expect(text).not.toMatch(/^reprise_turns\{/m)
    expect(await read()).toMatch(/^reprise_workers 1$/m)
  })

  it('401, 403: tells nobody else', async () => {
    expectProblem(await actAs(server.url, 'wrong').get('/metrics'), 401, 'unauthorized')
    const { key } = await makeOrganization(server.pool)
    for (const { secret } of [key, await makeKey(server.pool, { scopes: ['write'] })]) expectProblem(await actAs(server.url, secret).get('/metrics'), 403, 'forbidden')
  })
})
