import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DatabaseServers } from '../../../apps/host/test/support/database-servers.ts'
import { appRouter } from '../../api/src/trpc/app-router.ts'
import { startServer, type TestServer } from '../../api/test/support/start-server.ts'
import { createRepriseClient, followTurn, postMessage, readError, type RepriseClient } from '../src/index.ts'
import { scriptText } from './support/script-text.ts'
import { startProxy, type Proxy } from './support/start-proxy.ts'
import { watchEvents } from './support/watch-events.ts'

let server: TestServer
let proxy: Proxy
/** Comes to the server directly. */
let client: RepriseClient
/** Comes to it through the proxy. */
let remote: RepriseClient
let session_id: string

beforeAll(async () => {
  server = await startServer({ access: { api_key: 'secret', cors_origins: [] } })
  client = createRepriseClient({ url: server.url, api_key: 'secret' })
})
afterAll(() => server.close())
beforeEach(async () => {
  proxy = await startProxy(server.port)
  remote = createRepriseClient({ url: proxy.url, api_key: 'secret' })
  session_id = (await client.sessions.create.mutate({ agent_name: 'assistant' })).id
})
afterEach(() => proxy.stop())

/** Some two seconds of deltas. */
const slow = scriptText([{ text: 'One word after another. '.repeat(8), tokens_per_second: 25 }])
const say = (text: string) => client.messages.create.mutate({ session_id, message: { content: [{ type: 'text', text }] }, wait: true })

describe('a subscription tells each event once', () => {
  it('when its connection is cut every few hundred bytes, in the middle of events', async () => {
    proxy.cutEvery(1_500)
    const watch = watchEvents(remote, session_id)
    await say(slow)
    proxy.cutEvery(null)
    await say('The last word.')
    await watch.expectAll()
    expect(proxy.requests).toBeGreaterThan(3)
    watch.stop()
  })

  it('when the server ends its connection, as it does every five minutes', async () => {
    // The times of the real router, for as long as this test.
    const { _def: { _config: { sse: times } } } = appRouter
    const sse = times!
    const { maxDurationMs } = sse
    sse.maxDurationMs = 150
    const watch = watchEvents(remote, session_id)
    await say(slow)
    sse.maxDurationMs = maxDurationMs
    await say('The last word.')
    await watch.expectAll()
    expect(proxy.requests).toBeGreaterThan(3)
    watch.stop()
  })

  it('when its network falls silent without a word', async () => {
    const watch = watchEvents(createRepriseClient({ url: proxy.url, api_key: 'secret', silence_ms_max: 1_500 }), session_id)
    await expect.poll(() => watch.events.length).toBe(1)
    proxy.silence()
    await say('Hello?')
    await watch.expectAll()
    watch.stop()
  })

  it('when it is refused for a while: 503, 429, a bad gateway, a page of somebody else', async () => {
    const watch = watchEvents(remote, session_id)
    await expect.poll(() => watch.events.length).toBe(1)
    for (const response of [
      'HTTP/1.1 503 Service Unavailable\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n',
      'HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n',
      'HTTP/1.1 502 Bad Gateway\r\ncontent-length: 3\r\n\r\nbad',
      'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 3\r\n\r\nbad',
    ]) {
      const before = proxy.requests
      proxy.answer(2, response)
      proxy.cut()
      await expect.poll(() => proxy.requests, { timeout: 10_000 }).toBeGreaterThanOrEqual(before + 3)
      await say('Again.')
      await watch.expectAll()
    }
    watch.stop()
  })

  it('when the server is killed in the middle of an answer, and started again at its port', { timeout: 90_000 }, async () => {
    const servers = await DatabaseServers.create()
    try {
      const first = await servers.start('all')
      const survivor = createRepriseClient({ url: first.address })
      const { id } = await survivor.sessions.create.mutate({ agent_name: 'assistant' })
      const watch = watchEvents(survivor, id)
      // So slow that the server is gone long before the end.
      const message = await postMessage(survivor, { session_id: id, text: scriptText([{ text: 'One word after another. '.repeat(15), tokens_per_second: 8 }]) })
      await expect.poll(() => watch.events.filter(({ type }) => type === 'output.message.delta').length).toBeGreaterThan(3)
      first.signal('SIGKILL')
      await first.ended
      await servers.start('all', { PORT: new URL(first.address).port })
      const types: string[] = []
      for await (const event of followTurn(survivor, message)) types.push(event.type)
      expect(types.at(-1)).toBe('turn.completed')
      expect(types).toContain('reason.recovered')
      await watch.expectAll()
      watch.stop()
    } finally {
      await servers.remove()
    }
  })
})

describe('a subscription ends', () => {
  it('with the words of the server when it is refused: no key, no such session, a cursor of another', async () => {
    const stranger = createRepriseClient({ url: server.url, api_key: 'wrong' })
    expect(readError(await watchEvents(stranger, session_id).failure)).toMatchObject({ code: 'unauthorized', message: 'The API key is not known' })
    expect(readError(await watchEvents(client, `sess_${'0'.repeat(32)}`).failure)).toMatchObject({ code: 'session_not_found' })
    expect(readError(await watchEvents(client, 'sess_1').failure)).toMatchObject({ code: 'invalid_id', errors: [{ path: 'session_id' }] })
  })

  it('when something before the server refuses it', async () => {
    proxy.answer(1, 'HTTP/1.1 403 Forbidden\r\ncontent-type: text/html\r\ncontent-length: 3\r\n\r\nno!')
    expect(readError(await watchEvents(remote, session_id).failure)).toMatchObject({ code: 'HTTP_403', message: 'The server answered 403' })
  })

  it('when its key is taken away while it runs', async () => {
    let api_key = 'secret'
    const guest = createRepriseClient({ url: proxy.url, headers: () => ({ authorization: api_key }) })
    const watch = watchEvents(guest, session_id)
    await expect.poll(() => watch.events.length).toBe(1)
    api_key = 'revoked'
    proxy.cut()
    expect(readError(await watch.failure)).toMatchObject({ code: 'unauthorized' })
  })
})
