import type { Message, MessageWithAnswer, Model } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makePng } from './support/make-png.ts'
import { createSession, expectProblem, listEvents, post, postMessage, scriptMessage, send, textMessage } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let sessionId: string
let messagesUrl: string
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())
beforeEach(async () => {
  sessionId = (await createSession(server.url)).id
  messagesUrl = `${server.url}/v1/sessions/${sessionId}/messages`
})

/** The members of a JSON text's object in the order in which they stand there. */
function memberText(json: string, key: string, nextKey: string): string {
  return json.slice(json.indexOf(`"${key}":`) + key.length + 3, json.indexOf(`,"${nextKey}":`))
}

describe('POST /v1/sessions/{session_id}/messages', () => {
  describe('201', () => {
    it('answers with the whole documented message', async () => {
      const answer = await post<Message>(messagesUrl, textMessage('Hello'))
      expect(answer.status, answer.text).toBe(201)
      expect(answer.body).toEqual({
        id: expect.stringMatching(/^message_[0-9a-f]{32}$/),
        session_id: sessionId,
        sequence: 2,
        role: 'user',
        content: [{ type: 'text', text: 'Hello' }],
        controls: null,
        metadata: null,
        tags: [],
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        thinking: null,
        thinking_signature: null,
        external_actor: null,
        turn_id: expect.stringMatching(/^turn_[0-9a-f]{32}$/),
        delivery: 'started',
      })
    })

    it('gives content, controls, metadata, tags and actor back byte for byte', async () => {
      const content = String.raw`[ {"text":"\u00e9\ud83d\ude00 \/ é 😀", "type":"text","extra":1.0} ]`
      const controls = `{"modelId":"${seeded.model_id}","hints":{"b":1,"1":2},"reasoning":{"effort":"low"}}`
      const metadata = '{"b":1,"1":2,"big":12345678901234567890,"float":1.0,"exp":1E2,"nested":{"z":[],"a":{}}}'
      const tags = String.raw`["\u0061", "b"]`
      const actor = '{"actorId":"u_1","metadata":{"2":1,"1":2}}'
      const body = `{"metadata":${metadata},"externalActor":${actor},"message":{"content":${content}},"tags":${tags},"controls":${controls}}`
      const { status, text } = await post<Message>(messagesUrl, body)
      expect(status, text).toBe(201)
      expect(memberText(text, 'content', 'controls')).toBe(content)
      expect(memberText(text, 'controls', 'metadata')).toBe(controls)
      expect(memberText(text, 'metadata', 'tags')).toBe(metadata)
      expect(memberText(text, 'tags', 'created_at')).toBe(tags)
      expect(memberText(text, 'external_actor', 'turn_id')).toBe(actor)
    })

    it('takes all three kinds of parts, and gives base64 back exactly as it was sent, large or small, escaped or not', async () => {
      const upload = new FormData()
      upload.set('file', new Blob([makePng(8, 8)]), 'a.png')
      const image = (await send<{ id: string }>(`${server.url}/v1/images`, { method: 'POST', body: upload })).body
      const small = makePng(4, 4, 2).toString('base64').replaceAll('/', String.raw`\/`)
      const large = makePng(700, 700, 3).toString('base64')
      const content =
        `[{"type":"text","text":"Look"},{"media_type":"image/png","base64":"${small}","type":"image"},{"type":"image","url":"data:image/png;base64,${large}"},` +
        `{"type":"image","url":"https://example.com/a.png"},{"type":"image_file","image_id":"${image.id}","filename":"a.png"}]`
      const { status, text } = await post<Message>(messagesUrl, `{"message":{"content":${content}}}`)
      expect(status, text.slice(0, 300)).toBe(201)
      expect(memberText(text, 'content', 'controls') === content).toBe(true)
    })

    it('shows inline images in events as urls that give the bytes', async () => {
      const bytes = makePng(5, 5, 9)
      await postMessage(server.url, sessionId, { message: { content: [{ type: 'image', base64: bytes.toString('base64') }] } })
      const [event] = await listEvents(server.url, sessionId, 'types=input.message')
      const [part] = (event!.data['message'] as Message).content
      expect(part).toEqual({ type: 'image', url: expect.stringMatching(/^\/v1\/images\/img_[0-9a-f]{32}$/), media_type: 'image/png' })
      const shown = await fetch(server.url + (part as { url: string }).url)
      expect(Buffer.from(await shown.arrayBuffer()).equals(bytes)).toBe(true)
    })

    it('accepts the alias session_, and /api/v1, and a body of 64 KiB and more', async () => {
      const long = 'ä'.repeat(40_000)
      const answer = await post<Message>(`${server.url}/api/v1/sessions/${sessionId.replace('sess_', 'session_')}/messages`, textMessage(long))
      expect(answer.status, answer.text).toBe(201)
      expect(answer.body).toMatchObject({ session_id: sessionId, content: [{ text: long }] })
    })

    it('has committed message and turn when it answers', async () => {
      const message = await postMessage(server.url, sessionId, textMessage('Hello'))
      const { rows } = await server.pool.query('SELECT id FROM turns WHERE session_id = $1 AND input_message_id = $2', [sessionId, message.id])
      expect(rows).toEqual([{ id: message.turn_id }])
    })

    it('lets a second message wait its turn: enqueued', async () => {
      await postMessage(server.url, sessionId, scriptMessage([{ text: 'slow', ttft_ms: 60_000 }]))
      expect(await postMessage(server.url, sessionId, textMessage('next'))).toMatchObject({ delivery: 'enqueued' })
    })

    it('lets the model of the message override the one of session and agent', async () => {
      const other = 'model_00000000000070008000000000000002'
      await server.pool.query(
        `INSERT INTO models (organization_id, id, provider_id, model, display_name, context_window, supports_images, supports_tools) VALUES ($1, $2, $3, 'sim', 'Other', 32000, true, true)`,
        [seeded.organization_id, other, seeded.provider_id],
      )
      const resolve = async (controls: object | null) => {
        const { turn_id } = await postMessage(server.url, sessionId, { ...textMessage('x'), controls })
        return (await server.pool.query<{ model_id: string }>('SELECT model_id FROM turns WHERE id = $1', [turn_id])).rows[0]!.model_id
      }
      expect(await resolve(null)).toBe(seeded.model_id)
      expect(await resolve({ model_id: other })).toBe(other)
      expect(await resolve({ modelId: other })).toBe(other)
      sessionId = (await createSession(server.url, { model_id: other })).id
      expect(await resolve(null)).toBe(other)
      expect(await resolve({ model_id: seeded.model_id })).toBe(seeded.model_id)
    })
  })

  describe('?wait=true', () => {
    it('200: answers with the message and its final answer', async () => {
      const answer = await post<MessageWithAnswer>(`${messagesUrl}?wait=true`, scriptMessage([{ text: 'The answer' }]))
      expect(answer.status, answer.text).toBe(200)
      expect(answer.body).toMatchObject({ message: { role: 'user', delivery: 'started' }, turn_status: 'completed', turn_id: answer.body.message.turn_id })
      expect(answer.body.answer).toMatchObject({ role: 'agent', content: [{ type: 'text', text: 'The answer' }], turn_id: answer.body.turn_id })
    })

    it('200: gives a duplicate the answer that was given long ago', async () => {
      const body = { ...scriptMessage([{ text: 'Once' }]), client_message_id: crypto.randomUUID() }
      const first = await post<MessageWithAnswer>(`${messagesUrl}?wait=true`, body)
      const second = await post<MessageWithAnswer>(`${messagesUrl}?wait=true`, body)
      expect(second.body).toEqual({ ...first.body, message: { ...first.body.message, delivery: 'duplicate' } })
    })

    it('ends when nobody waits any more', async () => {
      const controller = new AbortController()
      const body = JSON.stringify(scriptMessage([{ text: 'slow', ttft_ms: 60_000 }]))
      const answer = fetch(`${messagesUrl}?wait=true`, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal: controller.signal })
      await expect.poll(() => server.hub.followedSessions).toContain(sessionId)
      controller.abort()
      await expect(answer).rejects.toThrow()
      await expect.poll(() => server.hub.followedSessions).not.toContain(sessionId)
      expect(server.logged).toEqual([])
    })

    it('202: says where the turn stands when the time is over', async () => {
      const answer = await post<MessageWithAnswer>(`${messagesUrl}?wait=true&timeout_ms=50`, scriptMessage([{ text: 'slow', ttft_ms: 60_000 }]))
      expect(answer.status, answer.text).toBe(202)
      expect(answer.body).toMatchObject({ answer: null, turn_status: 'running' })
    })

    it.each([
      ['wait=maybe', 'wait'],
      ['wait=true&timeout_ms=0', 'timeout_ms'],
      ['wait=true&timeout_ms=1e3', 'timeout_ms'],
      ['wait=true&wait=true', 'wait'],
    ])('400: refuses ?%s', async (query, path) => {
      expectProblem(await post(`${messagesUrl}?${query}`, textMessage('x')), 400, 'invalid_request', path)
    })
  })

  describe('409, 429', () => {
    it('refuses a message with when_busy reject while a turn runs, and takes it when none does', async () => {
      const rejecting = { ...textMessage('x'), controls: { when_busy: 'reject' } }
      await postMessage(server.url, sessionId, scriptMessage([{ text: 'slow', ttft_ms: 60_000 }]))
      expectProblem(await post(messagesUrl, rejecting), 409, 'session_busy')
      const idle = await createSession(server.url, { when_busy: 'reject' })
      expect(await postMessage(server.url, idle.id, rejecting)).toMatchObject({ delivery: 'started' })
    })

    it('refuses the message after the hundredth that waits, and says when to come back', async () => {
      await postMessage(server.url, sessionId, scriptMessage([{ text: 'slow', ttft_ms: 60_000 }]))
      await Promise.all(Array.from({ length: 100 }, (_, index) => postMessage(server.url, sessionId, textMessage(`waiting ${index}`))))
      const answer = await post(messagesUrl, textMessage('one too many'))
      expectProblem(answer, 429, 'queue_full')
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
    })
  })

  describe('404', () => {
    it('refuses an unknown session, and keeps nothing of the images that came with the message', async () => {
      const url = `${server.url}/v1/sessions/sess_${'0'.repeat(32)}/messages`
      expectProblem(await post(url, textMessage('x')), 404, 'session_not_found')
      const { rows: before } = await server.pool.query('SELECT count(*) FROM image_blobs')
      expectProblem(await post(url, { message: { content: [{ type: 'image', base64: makePng(3, 3, 77).toString('base64') }] } }), 404, 'session_not_found')
      expect((await server.pool.query('SELECT count(*) FROM image_blobs')).rows).toEqual(before)
    })
  })

  it('models are chosen among the ones that can be listed', async () => {
    const { body } = await send<{ data: Model[]; models: Model[] }>(`${server.url}/v1/models`)
    expect(body.data[0]).toMatchObject({ id: seeded.model_id, is_default: true, enabled: true, provider_type: 'sim' })
    expect(body.models).toEqual(body.data)
  })
})
