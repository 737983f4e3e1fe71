import type { Event } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePng } from '../../api/test/support/make-png.ts'
import { startServer, type TestServer } from '../../api/test/support/start-server.ts'
import { createRepriseClient, readError, type RepriseClient } from '../src/index.ts'

let server: TestServer
let client: RepriseClient
beforeAll(async () => {
  server = await startServer({ access: { api_key: 'secret', cors_origins: [] } })
  client = createRepriseClient({ url: `${server.url}/`, api_key: 'secret' })
})
afterAll(() => server.close())

/** Events of a subscription up to the first of a type. */
function collect(input: Parameters<typeof client.events.subscribe.subscribe>[0], lastType: string): Promise<Event[]> {
  return new Promise((resolve, reject) => {
    const events: Event[] = []
    const subscription = client.events.subscribe.subscribe(input, {
      onData({ data }) {
        events.push(data)
        if (data.type !== lastType) return
        subscription.unsubscribe()
        resolve(events)
      },
      onError: reject,
    })
  })
}

describe('the client', () => {
  it('goes the whole way: a session, a message with an image, its events, its answer', async () => {
    const session = await client.sessions.create.mutate({ agent_name: 'assistant', title: 'A title' })
    expect(await client.sessions.get.query({ session_id: session.id })).toEqual(session)
    const form = new FormData()
    form.set('file', new Blob([makePng(4, 4)], { type: 'image/png' }), 'a.png')
    const image = await client.images.upload.mutate(form)
    expect(image).toMatchObject({ filename: 'a.png', content_type: 'image/png' })

    const content = [{ type: 'text' as const, text: 'Look' }, { type: 'image_file' as const, image_id: image.id }, { type: 'image' as const, base64: makePng(300, 300).toString('base64') }]
    const created = await client.messages.create.mutate({ session_id: session.id, message: { content }, wait: true, metadata: { b: 1 } })
    expect(created).toMatchObject({ role: 'user', delivery: 'started', metadata: { b: 1 }, turn_status: 'completed', answer: { role: 'agent' } })
    expect(created.content[2]).toEqual({ type: 'image', url: expect.stringMatching(/^\/v1\/images\/img_/), media_type: 'image/png' })

    const events = await collect({ session_id: session.id }, 'session.idled')
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
    expect(await client.events.list.query({ session_id: session.id, limit: 1000 })).toEqual(events)
    const { turn_status: _, answer, delivery: __, ...message } = created
    expect(await client.messages.list.query({ session_id: session.id })).toEqual([message, answer])
  })

  it('resumes a subscription after any event', async () => {
    const session = await client.sessions.create.mutate({})
    await client.messages.create.mutate({ session_id: session.id, message: { content: [{ type: 'text', text: 'x' }] }, wait: true })
    const events = await collect({ session_id: session.id }, 'session.idled')
    const rest = await collect({ session_id: session.id, lastEventId: events[3]!.id }, 'session.idled')
    expect(rest).toEqual(events.slice(4))
  })

  it('goes on with a subscription when its server is gone and another has taken its place', async () => {
    const access = { api_key: 'secret', cors_origins: [] }
    const first = await startServer({ access, database: server.database })
    const survivor = createRepriseClient({ url: first.url, api_key: 'secret' })
    const session = await survivor.sessions.create.mutate({})
    const say = (text: string) => survivor.messages.create.mutate({ session_id: session.id, message: { content: [{ type: 'text', text }] }, wait: true })
    const sequences: number[] = []
    const subscription = survivor.events.subscribe.subscribe({ session_id: session.id }, { onData: ({ data }) => sequences.push(data.sequence) })
    await say('one')
    await first.close()
    const second = await startServer({ access, database: server.database, port: first.port })
    await say('two')
    const all = await survivor.events.list.query({ session_id: session.id, limit: 1000 })
    await expect.poll(() => sequences, { timeout: 10_000 }).toEqual(all.map(({ sequence }) => sequence))
    subscription.unsubscribe()
    await second.close()
  }, 20_000)

  it('sends an idempotency key', async () => {
    const session = await client.sessions.create.mutate({})
    const input = { session_id: session.id, idempotency_key: 'k', message: { content: [{ type: 'text' as const, text: 'x' }] } }
    const first = await client.messages.create.mutate(input)
    expect(await client.messages.create.mutate(input)).toEqual({ ...first, delivery: 'duplicate' })
  })

  it('gets agents and models', async () => {
    const agent = await client.agents.create.mutate({ name: 'helper', system_prompt: 'Help.' })
    expect(await client.agents.get.query({ agent_id: 'helper' })).toEqual(agent)
    const [model] = await client.models.list.query()
    expect(await client.models.get.query({ model_id: model!.id })).toEqual(model)
  })
})

describe("the client's errors", () => {
  const refusal = (promise: Promise<unknown>) => promise.then(() => null, readError)

  it('have the code and the fields of the catalogue', async () => {
    const session_id = `sess_${'0'.repeat(32)}`
    expect(await refusal(client.sessions.get.query({ session_id }))).toEqual({ code: 'session_not_found', message: 'Session not found', errors: undefined })
    expect(await refusal(client.messages.create.mutate({ session_id, message: { content: [{ type: 'text', text: '' }] } }))).toMatchObject({
      code: 'invalid_request',
      errors: [{ path: 'message.content[0].text', message: 'must not be empty' }],
    })
    expect(await refusal(client.sessions.get.query({ session_id: 'sess_1' }))).toMatchObject({ code: 'invalid_id', errors: [{ path: 'session_id' }] })
    expect(await refusal(client.agents.create.mutate({ name: 'No Slug', system_prompt: '' }))).toMatchObject({ code: 'invalid_request', errors: [{ path: 'name' }] })
  })

  it('tell a wrong key', async () => {
    const stranger = createRepriseClient({ url: server.url, api_key: 'wrong' })
    await expect(stranger.models.list.query()).rejects.toThrow('The API key is not known')
  })
})
