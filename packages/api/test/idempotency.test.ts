import type { Message } from '@reprise/contract'
import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makePng } from './support/make-png.ts'
import { createSession, expectProblem, post, send, textMessage, type Answer } from './support/requests.ts'
import { sendRaw, writeRequest } from './support/send-raw.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
/** Another process, as far as the database can tell. */
let other: TestServer
let path: string
beforeAll(async () => {
  server = await startServer()
  other = await startServer({ database: server.database })
})
afterAll(async () => {
  await other.close()
  await server.close()
})
beforeEach(async () => {
  path = `/v1/sessions/${(await createSession(server.url)).id}/messages`
})

const key = (value: string) => ({ 'idempotency-key': value })
const countMessages = async () => (await send<{ data: Message[] }>(`${server.url}${path}?role=user`)).body.data.length
const withoutDelivery = ({ text }: Answer<unknown>) => text.replace(/,"delivery":"\w+"/, '')

describe('the same key and body', () => {
  it('gives the same 201, byte for byte, but for its delivery', async () => {
    const body = `{"message":{"content":[{"type":"image","base64":"${makePng(200, 200, 5).toString('base64')}"}]},"metadata":{"b":1.0,"1":2}}`
    const first = await post<Message>(server.url + path, body, key('k'))
    const second = await post<Message>(server.url + path, body, key('k'))
    expect([first.status, second.status]).toEqual([201, 201])
    expect([first.body.delivery, second.body.delivery]).toEqual(['started', 'duplicate'])
    expect(withoutDelivery(second)).toBe(withoutDelivery(first))
    expect(await countMessages()).toBe(1)
  })

  it('is stored once however many come at once, to two processes', async () => {
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, index) => post<Message>((index % 2 ? server : other).url + path, textMessage('once'), key('k'))),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201))
    expect(new Set(answers.map(withoutDelivery)).size).toBe(1)
    expect(answers.filter(({ body }) => body.delivery !== 'duplicate')).toHaveLength(1)
    expect(await countMessages()).toBe(1)
  })

  it('finds what was stored when the reply was lost', async () => {
    const body = JSON.stringify(textMessage('lost'))
    const socket = connect(server.port, '127.0.0.1')
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nidempotency-key: lost\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      // Gone as soon as the request is on its way: whatever the server answers, nobody reads it.
      () => socket.destroy(),
    )
    await new Promise((resolve) => socket.once('close', resolve))
    const answer = await post<Message>(other.url + path, body, key('lost'))
    expect(answer.status, answer.text).toBe(201)
    expect(await countMessages()).toBe(1)
  })

  it('is another message in another session', async () => {
    const elsewhere = `/v1/sessions/${(await createSession(server.url)).id}/messages`
    const first = await post<Message>(server.url + path, textMessage('x'), key('k'))
    const second = await post<Message>(server.url + elsewhere, textMessage('x'), key('k'))
    expect(second.body.delivery).toBe('started')
    expect(second.body.id).not.toBe(first.body.id)
  })

  it('may be said in the body: client_message_id', async () => {
    const body = { ...textMessage('x'), client_message_id: crypto.randomUUID() }
    const first = await post<Message>(server.url + path, body)
    const second = await post<Message>(server.url + path, body, key(body.client_message_id))
    expect(second.body).toEqual({ ...first.body, delivery: 'duplicate' })
  })
})

it('remembers only what was stored: a refused request does not use its key up', async () => {
  expectProblem(await post(server.url + path, textMessage(''), key('k')), 400, 'invalid_request', 'message.content[0].text')
  expect((await post<Message>(server.url + path, textMessage('x'), key('k'))).body.delivery).toBe('started')
})

describe('422', () => {
  it('refuses a key with another body, be it only other bytes', async () => {
    await post(server.url + path, '{"message":{"content":[{"type":"text","text":"x"}]}}', key('k'))
    expectProblem(await post(server.url + path, '{"message": {"content":[{"type":"text","text":"x"}]}}', key('k')), 422, 'idempotency_key_reused')
    expect(await countMessages()).toBe(1)
  })

  it('refuses a header and a client_message_id that name different messages', async () => {
    const body = { ...textMessage('x'), client_message_id: crypto.randomUUID() }
    expectProblem(await post(server.url + path, body, key('another')), 422, 'idempotency_key_reused', 'client_message_id')
  })
})

describe('400', () => {
  it.each([
    ['an empty key', ''],
    ['256 characters', 'x'.repeat(256)],
    ['a space', 'a b'],
    ['a letter beyond ASCII', 'caf\u00e9'],
  ])('refuses %s', async (_what, value) => {
    expectProblem(await post(server.url + path, textMessage('x'), key(value)), 400, 'invalid_idempotency_key', 'Idempotency-Key')
  })

  it('refuses a key that is given twice', async () => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': ['a', 'a'] }
    const answer = await sendRaw(server.port, writeRequest(`POST ${path}`, headers, JSON.stringify(textMessage('x'))))
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_idempotency_key' } })
  })
})
