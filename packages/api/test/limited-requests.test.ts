import type { Message, Problem } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { query } from './support/call-procedure.ts'
import { expectProblem, post, send, textMessage, type Answer } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

/** Long enough for some requests on a busy machine, short enough to wait for the next. */
const window_ms = 6_000
const origin = 'https://app.example.com'
let server: TestServer
beforeAll(async () => {
  server = await startServer({ requests_per_minute: 20, limit_times: { window_ms, exchange_ms: 50 }, access: { api_key: 'secret', cors_origins: [origin] } })
})
afterAll(() => server.close())

const key = { authorization: 'secret' }

/** Asks until nothing is left of a window that has not nearly ended. */
async function useUp(): Promise<Answer<Problem>> {
  for (;;) {
    const answer = await send(`${server.url}/v1/models`, { headers: key })
    if (answer.status === 429 && retryAfter(answer) > 3) return answer
  }
}

const retryAfter = ({ headers }: Answer<unknown>) => Number(headers.get('retry-after'))
const left = ({ headers }: Answer<unknown>) => Number(/^"requests";r=(\d+);t=[1-6]$/.exec(headers.get('ratelimit') ?? '')?.[1] ?? Number.NaN)

/** In the first window that has room for it. */
async function createSessionInTime(): Promise<string> {
  for (;;) {
    const { status, body } = await post<{ id: string }>(`${server.url}/v1/sessions`, {}, key)
    if (status === 201) return body.id
  }
}

async function countMessages(): Promise<number> {
  return (await server.pool.query<{ count: number }>('SELECT count(*) FROM messages')).rows[0]!.count
}

describe('a request over the limit', () => {
  it('is answered 429 with when to come back, and stores nothing; after that time it is accepted', async () => {
    const accepted = await post<{ id: string }>(`${server.url}/v1/sessions`, {}, key)
    expect(accepted.status).toBe(201)
    expect(accepted.headers.get('ratelimit-policy')).toBe('"requests";q=20;w=60')
    expect(left(accepted)).toBeLessThan(20)
    const { id } = accepted.body
    const refused = await useUp()
    expectProblem(refused, 429, 'rate_limited')
    expect(refused.body.detail).toContain('20 requests')
    expect(refused.headers.get('ratelimit')).toMatch(/^"requests";r=0;t=[1-6]$/)
    // Nobody has anything left, so it is the window's end that brings more.
    expect(refused.headers.get('ratelimit')).toBe(`"requests";r=0;t=${retryAfter(refused)}`)
    const before = await countMessages()
    const messages = `${server.url}/v1/sessions/${id}/messages`
    expectProblem(await post<Problem>(messages, textMessage('hello'), key), 429, 'rate_limited')
    expect(await countMessages()).toBe(before)
    await expect.poll(async () => (await post<Message>(messages, textMessage('hello'), key)).status, { timeout: 15_000, interval: 50 }).toBe(201)
  })

  it('is refused at both doors and for streams, in their own words', async () => {
    const id = await createSessionInTime()
    await useUp()
    const procedure = await send<{ error: { data: object } }>(`${server.url}/trpc/models.list`, { headers: key })
    expect(procedure.status).toBe(429)
    expect(procedure.body.error.data).toMatchObject({ code: 'rate_limited', httpStatus: 429 })
    expect(procedure.headers.get('ratelimit')).toMatch(/r=0/)
    expectProblem(await send(`${server.url}/v1/sessions/${id}/sse`, { headers: key }), 429, 'rate_limited')
    expectProblem(await send(`${server.url}/api/v1/models`, { headers: key }), 429, 'rate_limited')
  })

  it('is not one that nobody has to be known for, nor one without a right key', async () => {
    await useUp()
    expect((await send(`${server.url}/healthz`)).status).toBe(200)
    expect((await send(`${server.url}/openapi.json`)).status).toBe(200)
    const stranger = await send(`${server.url}/v1/models`, { headers: { authorization: 'wrong' } })
    expectProblem(stranger, 401, 'unauthorized')
    expect(stranger.headers.get('ratelimit')).toBeNull()
  })
})

describe('what is left', () => {
  it('is told to web pages, to tRPC and to streams too', async () => {
    const page = { ...key, origin }
    await expect.poll(async () => (await send(`${server.url}/v1/models`, { headers: page })).status, { timeout: 15_000 }).toBe(200)
    const answer = await send(`${server.url}/v1/models`, { headers: page })
    expect(answer.headers.get('access-control-expose-headers')).toContain('RateLimit, RateLimit-Policy')
    const id = await createSessionInTime()
    const stream = await fetch(`${server.url}/v1/sessions/${id}/sse`, { headers: page })
    expect({ status: stream.status, policy: stream.headers.get('ratelimit-policy') }).toEqual({ status: 200, policy: '"requests";q=20;w=60' })
    await stream.body!.cancel()
  })

  it('is nothing that a server without limits speaks of', async () => {
    const open = await startServer()
    const answer = await send(`${open.url}/v1/models`)
    expect([answer.headers.get('ratelimit'), answer.headers.get('ratelimit-policy')]).toEqual([null, null])
    expect((await query(open.url, 'models.list')).headers.get('ratelimit')).toBeNull()
    await open.close()
  })
})
