import { randomBytes } from 'node:crypto'
import { revokeKey, seeded, updateKey } from '@reprise/store'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startCuttingProxy } from '../../store/test/support/cutting-proxy.ts'
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts'
import { Credentials } from '../src/access/credentials.ts'
import { actAs } from './support/act-as.ts'
import { makeKey } from './support/make-keys.ts'
import { openStream } from './support/open-stream.ts'
import { expectProblem, post, send } from './support/requests.ts'
import { sendRaw, writeRequest } from './support/send-raw.ts'
import { startServer, type StartOptions, type TestServer } from './support/start-server.ts'

let database: TestDatabase
let servers: TestServer[]
beforeEach(async () => {
  database = await createTestDatabase()
  servers = []
})
afterEach(async () => {
  for (const server of servers) await server.close()
  await database.drop()
})

async function start(options: StartOptions = {}): Promise<TestServer> {
  const server = await startServer({ database, ...options })
  servers.push(server)
  return server
}

/** What the contract promises for changes in other processes. */
const everywhere = { timeout: 5_000, interval: 50 }

describe('a server that asks nobody for a key', () => {
  it('asks for one as soon as the first is made: at once where that was, and soon elsewhere', async () => {
    const [here, elsewhere] = [await start(), await start()]
    for (const { url } of [here, elsewhere]) expect((await send(`${url}/v1/models`)).status).toBe(200)
    const { status, body } = await post<{ secret: string; id: string }>(`${here.url}/v1/keys`, { name: 'First', scopes: ['admin'] })
    expect(status).toBe(201)
    expectProblem(await send(`${here.url}/v1/models`), 401, 'unauthorized')
    await expect.poll(async () => (await send(`${elsewhere.url}/v1/models`)).status, everywhere).toBe(401)
    for (const { url } of [here, elsewhere]) expect((await actAs(url, body.secret).get('/v1/models')).status).toBe(200)

    // A key that is revoked opens nothing again, and neither does having none.
    expect((await actAs(here.url, body.secret).delete(`/v1/keys/${body.id}`)).status).toBe(204)
    expect((await send(`${here.url}/v1/models`)).status).toBe(401)
    expect((await send(`${(await start()).url}/v1/models`)).status).toBe(401)
  })

  it('answers to foreign hosts and pages from then on', async () => {
    const { port, pool } = await start()
    const { secret } = await makeKey(pool)
    const get = () => sendRaw(port, writeRequest('GET /v1/models', { host: 'reprise.example.com', origin: 'https://app.example.com', authorization: secret }))
    await expect.poll(async () => (await get())?.status, everywhere).toBe(200)
  })
})

describe('what becomes of a key in another process', () => {
  it('holds within 5 s: scopes, and that it was revoked', async () => {
    const { url, pool } = await start()
    const key = await makeKey(pool, { scopes: ['read'] })
    const holder = actAs(url, key.secret)
    await expect.poll(async () => (await holder.post('/v1/sessions', {})).status, everywhere).toBe(403)
    await updateKey(pool, seeded.organization_id, key.id, { scopes: ['write'] })
    await expect.poll(async () => (await holder.post('/v1/sessions', {})).status, everywhere).toBe(201)
    await revokeKey(pool, seeded.organization_id, key.id)
    await expect.poll(async () => (await holder.get('/v1/models')).status, everywhere).toBe(401)
  })

  it('ends the streams that it opened, and no others', async () => {
    const { url, pool } = await start({ access: { api_key: 'operator', cors_origins: [] } })
    const [ending, staying] = [await makeKey(pool), await makeKey(pool)]
    const session = (await actAs(url, 'operator').post<{ id: string }>('/v1/sessions', {})).body
    const streams = await Promise.all([ending, staying].map(({ secret }) => openStream(`${url}/v1/sessions/${session.id}/sse`, { authorization: secret })))
    for (const stream of streams) await stream.until('session.started')
    await revokeKey(pool, seeded.organization_id, ending.id)
    const at = performance.now()
    await expect(streams[0]!.next()).rejects.toThrow('terminated')
    expect(performance.now() - at).toBeLessThan(5_000)
    const next = streams[1]!.next()
    await actAs(url, staying.secret).post(`/v1/sessions/${session.id}/messages`, { message: { content: [{ type: 'text', text: 'Hello' }] } })
    expect(await next).toMatchObject({ event: 'input.message' })
    streams[1]!.close()
  })
})

describe('when a key was last used', () => {
  const readLastUse = async ({ pool }: TestServer, id: string): Promise<Date | null> => (await pool.query('SELECT last_used_at::text FROM api_keys WHERE id = $1', [id])).rows[0].last_used_at

  it('is written behind the request’s back, and once in a period', async () => {
    const server = await start({ access: { api_key: 'operator', cors_origins: [] } })
    const key = await makeKey(server.pool)
    await actAs(server.url, key.secret).get('/v1/models')
    await expect.poll(() => readLastUse(server, key.id), everywhere).not.toBeNull()
    const first = await readLastUse(server, key.id)
    // Two rounds later it is still the first: the next is due in a minute.
    await actAs(server.url, key.secret).get('/v1/models')
    const other = await makeKey(server.pool)
    await actAs(server.url, other.secret).get('/v1/models')
    await expect.poll(() => readLastUse(server, other.id), everywhere).not.toBeNull()
    expect(await readLastUse(server, key.id)).toBe(first)
  })

  it('is written by the time that the server has stopped', async () => {
    const server = await start({ access: { api_key: 'operator', cors_origins: [] } })
    const [key, after] = [await makeKey(server.pool), await start()]
    await actAs(server.url, key.secret).get('/v1/models')
    await servers.shift()!.close()
    expect(await readLastUse(after, key.id)).not.toBeNull()
  })

  it('is written again when the period is over', async () => {
    const server = await start({ access: { api_key: 'operator', cors_origins: [] }, key_use_period_ms: 10 })
    const key = await makeKey(server.pool)
    const use = () => actAs(server.url, key.secret).get('/v1/models')
    await use()
    await expect.poll(() => readLastUse(server, key.id), everywhere).not.toBeNull()
    const first = await readLastUse(server, key.id)
    await use()
    await expect.poll(() => readLastUse(server, key.id), everywhere).not.toBe(first)
  })
})

describe('what the database is asked', () => {
  /** Counts the queries that are made with a pool. */
  function count(pool: TestServer['pool'], onQuery = () => {}) {
    const counted = { queries: 0, db: { query: (...args: Parameters<typeof pool.query>) => (counted.queries++, onQuery(), pool.query(...args)) } as unknown as TestServer['pool'] } // the overloads of pg's own type cannot be met by one function
    return counted
  }
  const random = () => ({ kind: 'key' as const, sha256: randomBytes(32).toString('hex') })

  it('a key in use is looked up once in a while, however often and by however many it is used at once', async () => {
    const { pool } = await start()
    const { secret_sha256: sha256 } = (await pool.query('SELECT secret_sha256 FROM api_keys WHERE id = $1', [(await makeKey(pool)).id])).rows[0]
    const counted = count(pool)
    const credentials = new Credentials(counted.db)
    const asking = () => credentials.find({ kind: 'key', sha256 })
    await Promise.all(Array.from({ length: 100 }, asking))
    for (let turn = 0; turn < 100; turn++) expect((await asking())?.row.sha256).toBe(sha256)
    expect(counted.queries).toBe(1)
  })

  it('what is asked for while another key changes is remembered, and of the changed key asked again', async () => {
    const { pool } = await start()
    const [changed, other] = [await makeKey(pool), await makeKey(pool)]
    const shas = await Promise.all([changed, other].map(async ({ id }) => (await pool.query('SELECT secret_sha256 FROM api_keys WHERE id = $1', [id])).rows[0].secret_sha256 as string))
    const counted = count(pool, () => credentials.forget(({ key_id }) => key_id === changed.id))
    const credentials: Credentials = new Credentials(counted.db)
    const find = (sha256: string) => credentials.find({ kind: 'key', sha256 })
    for (const sha256 of shas) await find(sha256)
    expect(counted.queries).toBe(2)
    await find(shas[1]!)
    expect(counted.queries).toBe(2)
    await find(shas[0]!)
    expect(counted.queries).toBe(3)
  })

  it('thousands of random keys cost a handful of queries, and keep nobody from a key that is there', async () => {
    const { pool } = await start()
    const { secret_sha256: sha256 } = (await pool.query('SELECT secret_sha256 FROM api_keys WHERE id = $1', [(await makeKey(pool)).id])).rows[0]
    const counted = count(pool)
    const credentials = new Credentials(counted.db)
    const strangers = Promise.all(Array.from({ length: 5_000 }, () => credentials.find(random())))
    expect((await credentials.find({ kind: 'key', sha256 }))?.row.sha256).toBe(sha256)
    expect((await strangers).every((found) => found === null)).toBe(true)
    expect(counted.queries).toBeLessThanOrEqual(6)
    // One that asks again and again is remembered not to be there.
    const stranger = random()
    await credentials.find(stranger)
    const before = counted.queries
    for (let turn = 0; turn < 100; turn++) expect(await credentials.find(stranger)).toBeNull()
    expect(counted.queries).toBe(before)
  })

  it('503: too many that wait at once are refused, not kept', async () => {
    const { pool } = await start()
    const credentials = new Credentials(pool)
    const asked = await Promise.allSettled(Array.from({ length: 12_000 }, () => credentials.find(random())))
    const refused = asked.filter(({ status }) => status === 'rejected')
    expect(refused.length).toBeGreaterThan(0)
    expect(refused).toContainEqual(expect.objectContaining({ reason: expect.objectContaining({ code: 'overloaded' }) }))
  })
})

it('503: while the database is away no key is let in that cannot be looked up, and none is called wrong', async () => {
  const proxy = await startCuttingProxy(database.connectionString)
  const server = await start({ access: { api_key: 'operator', cors_origins: [] }, database: { ...database, connectionString: proxy.connectionString } })
  const { secret } = await makeKey(server.pool)
  await proxy.stop()
  expectProblem(await actAs(server.url, secret).get('/v1/models'), 503, 'database_unavailable')
})
