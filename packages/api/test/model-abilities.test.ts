import type { Message } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePng } from './support/make-png.ts'
import { createModel, createProvider, patch } from './support/providers.ts'
import { createSession, expectProblem, post, scriptMessage, send, textMessage } from './support/requests.ts'
import { runTurn } from './support/run-turn.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let blindId: string
let handlessId: string
beforeAll(async () => {
  server = await startServer()
  const { id } = await createProvider(server.url, { provider_type: 'sim' })
  blindId = (await createModel(server.url, id, { model: 'blind', supports_images: false })).id
  handlessId = (await createModel(server.url, id, { model: 'handless', supports_tools: false })).id
})
afterAll(() => server.close())

const image = () => ({ type: 'image', base64: makePng(4, 4).toString('base64') })
const look = () => ({ message: { content: [{ type: 'text', text: 'Look' }, image()] } })

describe('a model that takes no images', () => {
  it('400: gets none, and nothing of them is stored', async () => {
    const named = await createSession(server.url, { model_id: blindId })
    const other = await createSession(server.url)
    const countBlobs = async () => (await server.pool.query('SELECT count(*) FROM image_blobs')).rows
    const before = await countBlobs()
    const answer = await post(`${server.url}/v1/sessions/${named.id}/messages`, look())
    expectProblem(answer, 400, 'images_unsupported', 'message.content[1]')
    expect(answer.body.detail).toContain('blind')
    const byUrl = { message: { content: [{ type: 'image', url: 'https://example.com/a.png' }] }, controls: { model_id: blindId } }
    expectProblem(await post(`${server.url}/v1/sessions/${other.id}/messages`, byUrl), 400, 'images_unsupported', 'message.content[0]')
    expect(await countBlobs()).toEqual(before)
  })

  it('201: answers text, and is told where the images of other turns were', async () => {
    const session = await createSession(server.url)
    await runTurn(server.url, session.id, look())
    await runTurn(server.url, session.id, { ...textMessage('And now?'), controls: { model_id: blindId } })
    const { data } = (await send<{ data: Message[] }>(`${server.url}/v1/sessions/${session.id}/messages?role=agent`)).body
    expect(data.map(({ metadata }) => metadata)).toEqual([null, null]) // a notice of failure would say so
  })

  it('201: what was accepted before it lost its sight is answered again, and 422 is what another body gets', async () => {
    const seeing = await createModel(server.url, (await createProvider(server.url, { provider_type: 'sim' })).id, { supports_images: true })
    const session = await createSession(server.url, { model_id: seeing.id })
    const messages = `${server.url}/v1/sessions/${session.id}/messages`
    const body = { ...look(), client_message_id: crypto.randomUUID() }
    const first = await post<Message>(messages, body)
    for (const change of [{ supports_images: false }, { enabled: false }]) {
      await patch(`${server.url}/v1/models/${seeing.id}`, change)
      expect((await post<Message>(messages, body)).body).toEqual({ ...first.body, delivery: 'duplicate' })
      expectProblem(await post(messages, { ...body, tags: ['other'] }), 422, 'idempotency_key_reused')
    }
  })

  it('201: may be told to take them from now on', async () => {
    const session = await createSession(server.url, { model_id: blindId })
    await patch(`${server.url}/v1/models/${blindId}`, { supports_images: true })
    expect((await post(`${server.url}/v1/sessions/${session.id}/messages`, look())).status).toBe(201)
    await patch(`${server.url}/v1/models/${blindId}`, { supports_images: false })
  })
})

describe('a model that cannot use tools', () => {
  it('fails the turn of an agent that has some, before it is called', async () => {
    const session = await createSession(server.url, { model_id: handlessId })
    const events = await runTurn(server.url, session.id, scriptMessage([{ text: 'never said' }]))
    expect(events.find(({ type }) => type === 'turn.failed')?.data).toMatchObject({ error_code: 'tools_unsupported', error: expect.stringContaining('tools') })
    expect(events.map(({ type }) => type)).not.toContain('reason.started')
  })

  it('answers an agent that has none', async () => {
    const session = await createSession(server.url, { agent_name: undefined, model_id: handlessId })
    expect((await runTurn(server.url, session.id, textMessage('x'))).map(({ type }) => type)).toContain('turn.completed')
  })
})
