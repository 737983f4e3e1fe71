import type { Event, Message } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStream } from './support/open-stream.ts'
import { makePng } from './support/make-png.ts'
import { createSession, expectProblem, postMessage, send, textMessage } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let sessionUrl: string
let all: Event[]
const imageContent = `[{"type":"image","base64":"${makePng(300, 100).toString('base64')}","media_type":"image/png"},{"type":"image","url":"data:image/png;base64,${makePng(2, 2).toString('base64').replaceAll('/', String.raw`\/`)}"}]`

/** Three turns: two of text and, between them, one of an image. */
beforeAll(async () => {
  server = await startServer()
  const { id } = await createSession(server.url)
  sessionUrl = `${server.url}/v1/sessions/${id}`
  const stream = await openStream(`${sessionUrl}/sse`)
  for (const body of [textMessage('one'), `{"message":{"content":${imageContent}}}`, textMessage('three')]) {
    await postMessage(server.url, id, body)
    await stream.until('session.idled')
  }
  stream.close()
  all = (await send<{ data: Event[] }>(`${sessionUrl}/events?limit=1000`)).body.data
})
afterAll(() => server.close())

describe('GET /v1/sessions/{session_id}/messages', () => {
  const list = async (query = '') => (await send<{ data: Message[]; messages: Message[] }>(`${sessionUrl}/messages?${query}`)).body

  it('200: lists oldest first, under both names', async () => {
    const { data, messages } = await list()
    expect(data.map(({ role }) => role)).toEqual(['user', 'agent', 'user', 'agent', 'user', 'agent'])
    expect(data.map(({ sequence }) => sequence)).toEqual(data.map(({ sequence }) => sequence).toSorted((a, b) => a - b))
    expect(messages).toEqual(data)
  })

  it('200: pages by sequence; without `after` the last ones', async () => {
    const { data } = await list()
    expect((await list('limit=2')).data).toEqual(data.slice(-2))
    expect((await list(`limit=2&before=${data[4]!.sequence}`)).data).toEqual(data.slice(2, 4))
    expect((await list(`limit=2&after=${data[0]!.sequence}`)).data).toEqual(data.slice(1, 3))
    expect((await list('limit=2&after=0')).data).toEqual(data.slice(0, 2))
    expect((await list('role=agent')).data).toEqual(data.filter(({ role }) => role === 'agent'))
  })

  it('200: shows an inline image as a url, or with images=inline byte for byte as it was sent', async () => {
    expect((await list()).data[2]!.content).toMatchObject([{ type: 'image', url: expect.stringMatching(/^\/v1\/images\//) }, { url: expect.stringMatching(/^\/v1\/images\//) }])
    const { text } = await send(`${sessionUrl}/messages?images=inline`)
    expect(text.split(imageContent)).toHaveLength(3)
  })

  it.each([
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['limit=11&images=inline', 'limit'],
    ['role=robot', 'role'],
    ['before=-1', 'before'],
    ['after=message_1', 'after'],
  ])('400: refuses ?%s', async (query, path) => {
    expectProblem(await send(`${sessionUrl}/messages?${query}`), 400, 'invalid_request', path)
  })

  it('404', async () => {
    expectProblem(await send(`${server.url}/v1/sessions/sess_${'0'.repeat(32)}/messages`), 404, 'session_not_found')
  })
})

describe('GET /v1/sessions/{session_id}/events', () => {
  const list = async (query: string) => (await send<{ data: Event[] }>(`${sessionUrl}/events?${query}`)).body.data

  it('200: numbers events without a gap, and pages by id and sequence', async () => {
    expect(all.map(({ sequence }) => sequence)).toEqual(all.map((_, index) => index + 1))
    expect(await list('limit=3')).toEqual(all.slice(-3))
    expect(await list(`since_id=${all[1]!.id}&limit=3`)).toEqual(all.slice(2, 5))
    expect(await list('after_sequence=4&limit=3')).toEqual(all.slice(4, 7))
    expect(await list('before_sequence=5&limit=3')).toEqual(all.slice(1, 4))
  })

  it('200: filters by type and turn', async () => {
    const ofType = (...types: string[]) => all.filter(({ type }) => types.includes(type))
    expect(await list('types=turn.started&types=turn.completed')).toEqual(ofType('turn.started', 'turn.completed'))
    expect(await list('exclude=output.message.delta&limit=1000')).toEqual(all.filter(({ type }) => type !== 'output.message.delta'))
    const { turn_id } = all.find(({ type }) => type === 'turn.started')!.context
    expect(await list(`turn_id=${turn_id}&limit=1000`)).toEqual(all.filter(({ context }) => context.turn_id === turn_id))
  })

  it.each([
    ['types=nothing', 'unknown_event_type', 'types[0]'],
    ['limit=1001', 'invalid_request', 'limit'],
    ['since_id=event_1', 'invalid_id', 'since_id'],
    [`since_id=event_${'0'.repeat(32)}`, 'invalid_cursor', 'since_id'],
    ['turn_id=1', 'invalid_id', 'turn_id'],
  ])('400: refuses ?%s', async (query, code, path) => {
    expectProblem(await send(`${sessionUrl}/events?${query}`), 400, code, path)
  })
})
