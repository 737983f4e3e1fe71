import type { Login, Message, Problem, Session } from '@reprise/contract'
import { hashSecret, revokeKey, seeded } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { actAs } from './support/act-as.ts'
import { makeKey, makeOrganization } from './support/make-keys.ts'
import { expectProblem, send, textMessage, type Answer } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

const operatorKey = 'the-operator'
const access = { api_key: operatorKey, cors_origins: ['https://app.example.com'] }
let server: TestServer
beforeAll(async () => {
  server = await startServer({ access })
})
afterAll(() => server.close())

const csrf = { 'x-reprise-csrf': '1' }
/** What browsers say of a page that is not this server's; those of CORS are not, either. */
const otherPages: Record<string, string>[] = [
  { origin: 'https://example.com' },
  { origin: 'https://app.example.com' },
  { origin: 'http://localhost:3000' },
  { origin: 'null' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
]

/** Logs in as soon as the limit of attempts lets it. */
async function logIn<T = Login>(api_key: string, headers: Record<string, string> = {}, { url } = server): Promise<Answer<T>> {
  for (;;) {
    const answer = await tryToLogIn<T>(api_key, headers, url)
    if (answer.status !== 429) return answer
  }
}

async function tryToLogIn<T>(api_key: string, headers: Record<string, string>, url: string): Promise<Answer<T>> {
  return await send<T>(`${url}/v1/login`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ api_key }) })
}

/** What a browser would send from now on. */
function readCookie(answer: Answer<unknown>): string {
  return answer.headers.getSetCookie()[0]!.split(';')[0]!
}

async function ask<T>(cookie: string, path: string, { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: unknown } = {}): Promise<Answer<T>> {
  const json = body === undefined ? {} : { body: JSON.stringify(body) }
  return await send<T>(server.url + path, { method, headers: { cookie, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers }, ...json })
}

describe('POST /v1/login', () => {
  it('200: gives a cookie that no script reads, that ends, and that stands nowhere', async () => {
    const { organization, key } = await makeOrganization(server.pool, 'Acme')
    const answer = await logIn(key.secret)
    expect(answer.body).toEqual({
      is_required: true,
      caller: {
        organization_id: organization.id,
        organization_name: 'Acme',
        key_id: key.id,
        key_name: 'Test',
        scopes: ['read', 'write', 'admin'],
        is_operator: false,
        expires_at: expect.any(String),
      },
    })
    const hours = (Date.parse(answer.body.caller!.expires_at!) - Date.now()) / 3_600_000
    expect(hours).toBeGreaterThan(11.9)
    expect(hours).toBeLessThanOrEqual(12)
    const [set] = answer.headers.getSetCookie()
    expect(set).toMatch(/^reprise_login=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/)
    expect(answer.text).not.toContain(key.secret)
    const token = readCookie(answer).split('=')[1]!
    const { rows } = await server.pool.query('SELECT * FROM logins')
    expect(JSON.stringify(rows)).not.toContain(token)
    expect(rows.map((row) => row.token_sha256)).toContain(hashSecret(token))
  })

  it('is for https alone where the request came by it', async () => {
    const byHttps: Record<string, string>[] = [{ 'x-forwarded-proto': 'https' }, { origin: server.url.replace('http:', 'https:') }]
    for (const headers of byHttps) {
      expect((await logIn(operatorKey, headers)).headers.getSetCookie()[0]).toMatch(/; Secure;/)
    }
  })

  it('ends with its key, if that ends sooner', async () => {
    const expires_at = new Date(Date.now() + 60_000).toISOString()
    expect((await logIn((await makeKey(server.pool, { expires_at })).secret)).body.caller!.expires_at).toBe(expires_at)
  })

  it('400, 401, 403: refuses what is no key, wrong keys and other pages', async () => {
    expectProblem(await logIn<Problem>(''), 400, 'invalid_request', 'api_key')
    expectProblem(await logIn<Problem>('wrong'), 401, 'unauthorized')
    for (const headers of otherPages) {
      expectProblem(await logIn<Problem>(operatorKey, headers), 403, 'foreign_origin')
    }
  })
})

describe('a request by cookie', () => {
  let cookie: string
  let session: Session
  beforeAll(async () => {
    cookie = readCookie(await logIn(operatorKey))
    const created = await ask<Session>(cookie, '/v1/sessions', { method: 'POST', headers: { ...csrf, origin: server.url, 'sec-fetch-site': 'same-origin' }, body: { agent_name: 'assistant' } })
    expect(created.status, created.text).toBe(201)
    session = created.body
  })

  it('does what its key may: REST, tRPC and streams', async () => {
    expect((await ask(cookie, '/v1/models')).status).toBe(200)
    expect((await ask(cookie, '/v1/durable/workers')).status).toBe(200)
    expect((await ask(cookie, '/trpc/models.list?input={}')).status).toBe(200)
    const posted = await ask<{ result: { data: Message } }>(cookie, '/trpc/messages.create', { method: 'POST', headers: csrf, body: { session_id: session.id, ...textMessage('Hello') } })
    expect(posted.status, posted.text).toBe(200)
    const response = await fetch(`${server.url}/v1/sessions/${session.id}/sse`, { headers: { cookie, accept: 'text/event-stream' } })
    expect(response.status).toBe(200)
    await response.body!.cancel()
    const input = encodeURIComponent(JSON.stringify({ session_id: session.id }))
    const subscription = await fetch(`${server.url}/trpc/events.subscribe?input=${input}`, { headers: { cookie, accept: 'text/event-stream' } })
    expect([subscription.status, subscription.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    await subscription.body!.cancel()
  })

  it('403: changes nothing without the header that other pages cannot send', async () => {
    for (const [path, body] of [['/v1/sessions', {}], ['/trpc/sessions.create', {}]] as const) {
      for (const headers of [undefined, { 'x-reprise-csrf': '0' }]) expect(await ask(cookie, path, { method: 'POST', ...(headers && { headers }), body })).toMatchObject({ status: 403 })
    }
    expectProblem(await ask(cookie, `/v1/models/${seeded.model_id}`, { method: 'DELETE' }), 403, 'forbidden')
    expectProblem(await ask(cookie, '/v1/login', { method: 'DELETE' }), 403, 'forbidden')
  })

  it.each(otherPages)('403: is refused from another page: %j', async (headers) => {
    expectProblem(await ask(cookie, '/v1/models', { headers }), 403, 'foreign_origin')
    expectProblem(await ask(cookie, '/v1/sessions', { method: 'POST', headers: { ...csrf, ...headers }, body: {} }), 403, 'foreign_origin')
  })

  it('an Authorization header goes before it, good or not', async () => {
    const { key, organization } = await makeOrganization(server.pool)
    const [model] = (await ask<{ data: { organization_id: string }[] }>(cookie, '/v1/models', { headers: { authorization: key.secret } })).body.data
    expect(model!.organization_id).toBe(organization.id)
    expectProblem(await ask(cookie, '/v1/models', { headers: { authorization: 'wrong' } }), 401, 'unauthorized')
    // Nor does it need what a cookie needs.
    expect((await ask(cookie, '/v1/sessions', { method: 'POST', headers: { authorization: operatorKey, origin: 'https://app.example.com' }, body: {} })).status).toBe(201)
  })

  it.each(['reprise_login=', `reprise_login=${'x'.repeat(43)}`, `reprise_login=${operatorKey}`, 'reprise_login=%00'])('401: refuses %s', async (wrong) => {
    expectProblem(await ask(wrong, '/v1/models'), 401, 'unauthorized')
  })

  it('403: may not do what its key may not', async () => {
    const reader = readCookie(await logIn((await makeKey(server.pool, { scopes: ['read'] })).secret))
    expect((await ask(reader, '/v1/models')).status).toBe(200)
    expectProblem(await ask(reader, '/v1/sessions', { method: 'POST', headers: csrf, body: {} }), 403, 'forbidden')
  })
})

describe('the end of a login', () => {
  it('204: comes when it is asked for, and a second time changes nothing', async () => {
    const cookie = readCookie(await logIn(operatorKey))
    expect((await ask(cookie, '/v1/models')).status).toBe(200)
    const out = await ask(cookie, '/v1/login', { method: 'DELETE', headers: csrf })
    expect(out.status).toBe(204)
    expect(out.headers.getSetCookie()[0]).toMatch(/^reprise_login=; .*Expires=Thu, 01 Jan 1970/)
    expectProblem(await ask(cookie, '/v1/models'), 401, 'unauthorized')
    expect((await ask(cookie, '/v1/login', { method: 'DELETE', headers: csrf })).status).toBe(204)
    expect((await send(`${server.url}/v1/login`, { method: 'DELETE' })).status).toBe(204)
  })

  it('204: of logins that were made up it asks the database no more than of such keys', async () => {
    const queries = vi.spyOn(server.pool, 'query')
    const texts = () => queries.mock.calls.map(([query]: unknown[]) => (typeof query === 'string' ? query : (query as { text: string }).text))
    const outs = await Promise.all(Array.from({ length: 100 }, (_, number) => ask(`reprise_login=${'x'.repeat(40)}${number}`, '/v1/login', { method: 'DELETE', headers: csrf })))
    const [deletes, lookUps] = ['deleteLogin', 'readCredentials'].map((name) => texts().filter((text) => text.includes(name)).length)
    queries.mockRestore()
    expect(new Set(outs.map(({ status }) => status))).toEqual(new Set([204]))
    expect(deletes).toBe(0)
    // One for each moment in which some of them had gathered.
    expect(lookUps).toBeLessThan(50)
  })

  it('comes with its key’s: at once here, soon when it was revoked elsewhere, and for its streams too', async () => {
    const [here, elsewhere] = [await makeKey(server.pool), await makeKey(server.pool)]
    const [cookieHere, cookieElsewhere] = [readCookie(await logIn(here.secret)), readCookie(await logIn(elsewhere.secret))]
    for (const cookie of [cookieHere, cookieElsewhere]) expect((await ask(cookie, '/v1/models')).status).toBe(200)
    const session = (await actAs(server.url, here.secret).post<Session>('/v1/sessions', {})).body
    const response = await fetch(`${server.url}/v1/sessions/${session.id}/sse`, { headers: { cookie: cookieHere } })
    await actAs(server.url, operatorKey).delete(`/v1/keys/${here.id}`)
    expectProblem(await ask(cookieHere, '/v1/models'), 401, 'unauthorized')
    await expect(response.text()).rejects.toThrow('terminated')
    await revokeKey(server.pool, seeded.organization_id, elsewhere.id)
    await expect.poll(async () => (await ask(cookieElsewhere, '/v1/models')).status, { timeout: 5_000 }).toBe(401)
  })

  it('comes after its time, and its row goes', async () => {
    const cookie = readCookie(await logIn((await makeKey(server.pool)).secret))
    await server.pool.query(`UPDATE logins SET expires_at = now() - interval '1 s' WHERE token_sha256 = $1`, [hashSecret(cookie.split('=')[1]!)])
    await expect.poll(async () => (await ask(cookie, '/v1/models')).status, { timeout: 5_000 }).toBe(401)
    await logIn(operatorKey)
    expect((await server.pool.query(`SELECT FROM logins WHERE expires_at < now()`)).rowCount).toBe(0)
  })

  it('comes for those by the configured key when another is configured', async () => {
    const cookie = readCookie(await logIn(operatorKey))
    const other = await startServer({ access: { ...access, api_key: 'the-next-operator' }, database: server.database })
    const same = await startServer({ access, database: server.database })
    const statuses = await Promise.all([other, same].map(async ({ url }) => (await send(`${url}/v1/models`, { headers: { cookie } })).status))
    await other.close()
    await same.close()
    expect(statuses).toEqual([401, 200])
  })
})

describe('GET /v1/login', () => {
  it('200: tells who is logged in, or that nobody is', async () => {
    expect((await ask('', '/v1/login')).body).toEqual({ is_required: true, caller: null })
    expect((await ask('reprise_login=gone', '/v1/login')).body).toEqual({ is_required: true, caller: null })
    const cookie = readCookie(await logIn(operatorKey))
    expect((await ask<Login>(cookie, '/v1/login')).body.caller).toMatchObject({ organization_id: seeded.organization_id, key_id: null, key_name: null, is_operator: true })
    const key = await makeKey(server.pool, { scopes: ['write'], name: 'Bot' })
    expect((await ask<Login>('', '/v1/login', { headers: { authorization: key.secret } })).body.caller).toMatchObject({ key_id: key.id, key_name: 'Bot', scopes: ['read', 'write'], is_operator: false, expires_at: null })
    expectProblem(await ask('', '/v1/login', { headers: { authorization: 'wrong' } }), 401, 'unauthorized')
    expectProblem(await ask(cookie, '/v1/login', { headers: { 'sec-fetch-site': 'cross-site' } }), 403, 'foreign_origin')
  })

  it('200: says that no login is needed while nobody is asked for a key', async () => {
    const open = await startServer()
    const got = await send<Login>(`${open.url}/v1/login`)
    const loggedIn = await logIn('anything', {}, open)
    await open.close()
    expect(got.body).toMatchObject({ is_required: false, caller: { organization_id: seeded.organization_id, scopes: ['read', 'write', 'admin'] } })
    expect([loggedIn.body, loggedIn.headers.getSetCookie()]).toEqual([got.body, []])
  })
})

it('429: takes a handful of attempts a second, good ones too', async () => {
  const guarded = await startServer({ access })
  const answers = await Promise.all(Array.from({ length: 40 }, (_, number) => tryToLogIn<Problem>(`guess-${number}`, {}, guarded.url)))
  const statuses = answers.map(({ status }) => status)
  const late = answers.find(({ status }) => status === 429)!
  await guarded.close()
  expect(new Set(statuses)).toEqual(new Set([401, 429]))
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(10)
  expectProblem(late, 429, 'too_many_logins')
  expect(late.headers.get('retry-after')).toBe('1')
  expect(guarded.logged.join('')).not.toContain('guess')
})
