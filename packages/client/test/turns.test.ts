import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makePng } from '../../api/test/support/make-png.ts'
import { startServer, type TestServer } from '../../api/test/support/start-server.ts'
import { createRepriseClient, followTurn, postMessage, readAnswer, readError, readText, uploadImage, type RepriseClient, type SessionEvent } from '../src/index.ts'
import { scriptText } from './support/script-text.ts'
import { startProxy, type Proxy } from './support/start-proxy.ts'

let server: TestServer
let proxy: Proxy
let client: RepriseClient
let remote: RepriseClient
let session_id: string
beforeAll(async () => {
  server = await startServer()
  client = createRepriseClient({ url: server.url })
})
afterAll(() => server.close())
beforeEach(async () => {
  proxy = await startProxy(server.port)
  remote = createRepriseClient({ url: proxy.url })
  session_id = (await client.sessions.create.mutate({ agent_name: 'assistant' })).id
})
afterEach(() => proxy.stop())

async function collect(following: AsyncIterable<SessionEvent>): Promise<SessionEvent[]> {
  const events: SessionEvent[] = []
  for await (const event of following) events.push(event)
  return events
}

const countMessages = async () => (await client.messages.list.query({ session_id, role: 'user' })).length

describe('postMessage', () => {
  it('posts once when the reply is lost, and says that the message had arrived', async () => {
    proxy.loseReply()
    const posted = await postMessage(remote, { session_id, text: 'Once.', metadata: { a: 1 } })
    expect(posted).toMatchObject({ delivery: 'duplicate', content: [{ type: 'text', text: 'Once.' }], metadata: { a: 1 } })
    expect(proxy.requests).toBe(2)
    expect(await countMessages()).toBe(1)
  })

  it('waits for as long as a busy server asks', async () => {
    proxy.answer(1, 'HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-type: application/json\r\ncontent-length: 88\r\n\r\n{"error":{"message":"Busy","code":-32603,"data":{"code":"overloaded","httpStatus":503}}}')
    const startedAt = performance.now()
    expect(await postMessage(remote, { session_id, text: 'Later.' })).toMatchObject({ delivery: 'started' })
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1_000)
    expect(await countMessages()).toBe(1)
  })

  it('tries again after 429, and gives up when its patience is over', async () => {
    const refusal = 'HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\ncontent-length: 88\r\n\r\n{"error":{"message":"Many","code":-32600,"data":{"code":"queue_full","httpStatus":429}}}'
    proxy.answer(2, refusal)
    expect(await postMessage(remote, { session_id, text: 'Third.' })).toMatchObject({ delivery: 'started' })
    proxy.answer(1_000, refusal)
    const error: unknown = await postMessage(remote, { session_id, text: 'Never.' }, { patience_ms: 300 }).catch((error: unknown) => error)
    expect(readError(error)).toMatchObject({ code: 'queue_full', message: 'Many' })
  })

  it('throws at once what is wrong with the message itself', async () => {
    const error: unknown = await postMessage(remote, { session_id, text: '' }).catch((error: unknown) => error)
    expect(readError(error)).toMatchObject({ code: 'invalid_request', errors: [{ path: 'message.content[0].text', message: 'must not be empty' }] })
    expect(proxy.requests).toBe(1)
  })

  it('ends its trying with the signal', async () => {
    await proxy.stop()
    const enough = new AbortController()
    const posting = postMessage(remote, { session_id, text: 'x' }, { signal: enough.signal })
    enough.abort(new Error('enough'))
    await expect(posting).rejects.toThrow('enough')
    proxy = await startProxy(server.port)
  })
})

describe('followTurn', () => {
  it('tells the events of that turn, from its message to its end, whichever turns stand around it', async () => {
    const first = await postMessage(client, { session_id, text: scriptText([{ text: 'One', ttft_ms: 100 }]) })
    const second = await postMessage(client, { session_id, text: scriptText([{ text: 'Two' }]) })
    const turns = [first, { session_id, turn_id: second.turn_id }]
    for (const turn of turns) {
      const events = await collect(followTurn(client, turn))
      expect([events[0]!.type, events.at(-1)!.type]).toEqual(['input.message', 'turn.completed'])
      expect(new Set(events.map(({ context }) => context.turn_id))).toEqual(new Set([turn.turn_id]))
      const rest = await collect(followTurn(client, turn, { after: events[3]!.id }))
      expect(rest).toEqual(events.slice(4))
    }
  })

  it('says so when there is no such turn, and ends with its signal', async () => {
    const turn_id = `turn_${'0'.repeat(32)}`
    await expect(collect(followTurn(client, { session_id, turn_id }))).rejects.toThrow('Turn not found')
    const message = await postMessage(client, { session_id, text: scriptText([{ text: 'Late', ttft_ms: 60_000 }]) })
    const enough = new AbortController()
    const following = collect(followTurn(client, message, { signal: enough.signal }))
    enough.abort(new Error('enough'))
    await expect(following).rejects.toThrow('enough')
  })
})

describe('readAnswer', () => {
  it('is the last message of the turn', async () => {
    const message = await postMessage(client, { session_id, text: scriptText([{ text: 'Let me see.', tool_calls: [{ name: 'nothing', arguments: {} }] }, { text: 'There.' }]) })
    expect(readText(await readAnswer(client, message))).toBe('There.')
  })

  it('throws why there is none, in words for people', async () => {
    const failing = await postMessage(client, { session_id, text: scriptText([{ fail: { kind: 'unknown' } }]) })
    await expect(readAnswer(client, failing)).rejects.toMatchObject({ name: 'TurnError', code: 'provider_error', message: 'The model provider could not answer.', turn_id: failing.turn_id })
    const endless = await postMessage(client, { session_id, text: scriptText([{ text: 'Late', ttft_ms: 60_000 }]) })
    const reading = readAnswer(client, endless)
    await Promise.all([expect(reading).rejects.toMatchObject({ code: 'cancelled' }), client.sessions.cancel.mutate({ session_id })])
  })
})

it('uploadImage gives an id for messages, through a lost reply', async () => {
  proxy.loseReply()
  const image = await uploadImage(remote, new Blob([makePng(4, 4)], { type: 'image/png' }), 'a.png')
  expect(image).toMatchObject({ filename: 'a.png', content_type: 'image/png' })
  const message = await postMessage(remote, { session_id, message: { content: [{ type: 'image_file', image_id: image.id }] } })
  expect(readText(await readAnswer(remote, message))).toContain('image')
})

it('sends headers of the caller’s own, and in a browser the cookie and the mark that it is no other page', async () => {
  const seen: { url: string; credentials: unknown; headers: Record<string, string> }[] = []
  const page = createRepriseClient({
    url: server.url,
    credentials: 'include',
    headers: async () => ({ 'x-request-id': 'mine' }),
    fetch: (input, init) => {
      seen.push({ url: String(input), credentials: init?.credentials, headers: { ...(init?.headers as Record<string, string>) } }) // the client's own
      return fetch(input, init)
    },
  })
  await readAnswer(page, await postMessage(page, { session_id, text: 'Hello' }))
  const [post, list, stream] = seen
  expect(post).toMatchObject({ credentials: 'include', headers: { 'x-reprise-csrf': '1', 'x-request-id': 'mine' } })
  for (const reading of [list!, stream!]) {
    expect(reading).toMatchObject({ credentials: 'include', headers: { 'x-request-id': 'mine' } })
    expect(reading.headers).not.toHaveProperty('x-reprise-csrf')
  }
  expect(stream!.url).toContain('events.subscribe')
})
