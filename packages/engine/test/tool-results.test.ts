import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { deflateSync, crc32 } from 'node:zlib'
import type { Event, ToolResultPart } from '@reprise/contract'
import { listMessages, makeValueId, seeded, type StoredMessage } from '@reprise/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTool, type ToolOutcome } from '../src/index.ts'
import { openEngineFixture, script, type EngineFixture, type EngineProcess } from './support/engine-fixture.ts'

let fixture: EngineFixture
let process: EngineProcess
let server: Server
let webhookUrl: string
/** What the tool under test answers: each test says it. */
let behave: () => ToolOutcome | Promise<ToolOutcome>
let answer = ''

const tool = defineTool({ name: 'look', description: '', input: z.object({}), effects: 'idempotent', run: () => behave() })
const options = { capabilities: [{ ref: 'look', description: '', tools: [tool] }] }

beforeAll(async () => {
  fixture = await openEngineFixture()
  server = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const place = `127.0.0.1:${(server.address() as AddressInfo).port}`
  webhookUrl = `http://${place}/look`
  process = await fixture.startProcess({ ...options, egressAllow: [place] })
})
afterAll(async () => {
  server.close()
  await fixture.close()
})

const { organization_id } = seeded

async function call(on = process, webhook = false): Promise<string> {
  const settings = webhook
    ? { tools: [{ type: 'webhook' as const, name: 'look', description: '', parameters: { type: 'object' }, url: webhookUrl, effects: 'idempotent' as const }] }
    : { capabilities: [{ ref: 'look' }] }
  const session_id = await fixture.createSession(settings)
  const accepted = await on.engine.acceptMessage(fixture.message(session_id, script([{ tool_calls: [{ name: 'look', arguments: {} }] }, { text: 'Seen.' }])))
  expect(accepted.outcome).toBe('stored')
  return session_id
}

interface Seen {
  part: ToolResultPart
  message: StoredMessage
  event: Event['data']
}

async function resultOf(session_id: string, on = process): Promise<Seen> {
  const events = await fixture.eventsUntil(on, session_id, 'session.idled')
  expect(events.map(({ type }) => type)).toContain('turn.completed')
  const [message] = await listMessages(fixture.pool, { organization_id, session_id, role: 'tool_result', limit: 10, newest: false })
  const [part] = JSON.parse(message!.content_json) as [ToolResultPart]
  return { part, message: message!, event: events.find((event) => event.type === 'tool.completed')!.data }
}

async function wholeOf(session_id: string): Promise<string> {
  const { rows } = await fixture.pool.query<{ bytes: Buffer }>('SELECT bytes FROM tool_result_values WHERE session_id = $1 ORDER BY slice', [session_id])
  return Buffer.concat(rows.map(({ bytes }) => bytes)).toString()
}

/** A PNG of one colour. */
function png(red: number): string {
  const chunk = (type: string, content: Buffer) => {
    const named = Buffer.concat([Buffer.from(type), content])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(content.length)
    const check = Buffer.alloc(4)
    check.writeUInt32BE(crc32(named))
    return Buffer.concat([length, named, check])
  }
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0])
  const start = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([start, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.from([0, red, 0, 0]))), chunk('IEND', Buffer.alloc(0))]).toString('base64')
}

test('an image in a result becomes an image of the message, held by it', async () => {
  behave = () => ({ ok: true, result: { content: [{ type: 'text', text: 'Here.' }, { type: 'image', data: png(1), mimeType: 'image/png' }, { type: 'image', data: 'bm9uZQ==', mimeType: 'image/png' }] } })
  const session_id = await call()
  const { part, message, event } = await resultOf(session_id)
  expect(part.result).toEqual({ content: [{ type: 'text', text: 'Here.' }, { type: 'image', image: 1 }, '[an image was left out: it is not a PNG, JPEG, GIF or WebP image]'] })
  expect(part.images).toEqual([{ image_id: expect.stringMatching(/^img_/), media_type: 'image/png' }])
  expect(event).toMatchObject({ success: true, result: part.result, images: part.images })
  const { rows } = await fixture.pool.query('SELECT message_sequence, image_id FROM message_images WHERE session_id = $1', [session_id])
  expect(rows).toEqual([{ message_sequence: message.sequence, image_id: part.images![0]!.image_id }])
})

test('a result of 50 MB is kept whole, and its message says where', async () => {
  const text = Buffer.alloc(50_000_000, 'é wörd ').toString()
  behave = () => ({ ok: true, result: { text } })
  const session_id = await call()
  const { part } = await resultOf(session_id)
  expect(part.value_id).toMatch(/^value_[0-9a-f]{32}$/)
  expect(part.result).toContain(`of JSON, at /v1/sessions/${session_id}/tool-results/${part.tool_call_id}]`)
  expect(Buffer.byteLength(JSON.stringify(part.result))).toBeLessThanOrEqual(256 * 1024)
  expect((await wholeOf(session_id)) === JSON.stringify({ text })).toBe(true)
})

test('the answer of a webhook may be as large, and is parsed on a thread', async () => {
  answer = `{"result":["${'a\\n'.repeat(10_000_000)}"]}`
  const session_id = await call(process, true)
  const { part } = await resultOf(session_id)
  expect(part.result).toContain('[truncated: the full value is 30000004 bytes')
  expect((await wholeOf(session_id)) === answer.slice('{"result":'.length, -1)).toBe(true)
  answer = `{"error":"${'no '.repeat(100_000)}"}`
  const failed = await resultOf(await call(process, true))
  expect(failed.event).toMatchObject({ success: false, error: expect.stringMatching(/^no no /) })
  answer = `{"result":${'['.repeat(100_000)}`
  expect((await resultOf(await call(process, true))).event).toMatchObject({ success: false, error: 'The webhook answered 200, with JSON that cannot be parsed.' })
})

test('a result that is too large for anything is an error that says so, and the turn goes on', async () => {
  behave = () => ({ ok: true, result: Buffer.alloc(70_000_000, 'x').toString() })
  expect((await resultOf(await call())).event).toMatchObject({ success: false, error: "The tool's result could not be processed: it is larger than 64 MiB" })
})

test('one that was half stored when its process died is whole after the takeover', async () => {
  const result = { text: 'x'.repeat(3_000_000), image: { type: 'image', data: png(7), mimeType: 'image/png' } }
  const first = await fixture.startProcess({ ...options, graceMs: 0 })
  const reached = Promise.withResolvers<void>()
  behave = () => {
    reached.resolve()
    return new Promise(() => {})
  }
  const session_id = await call(first)
  await reached.promise
  await first.stop()
  // What the dead process had written of the same result: a slice of it.
  const whole = JSON.stringify({ ...result, image: { type: 'image', image: 1 } })
  const sha256 = createHash('sha256').update(whole).digest('hex')
  const { rows } = await fixture.pool.query<{ id: string }>('SELECT id FROM tool_calls WHERE session_id = $1', [session_id])
  const value_id = makeValueId(organization_id, session_id, rows[0]!.id, sha256)
  await fixture.pool.query('INSERT INTO tool_result_values VALUES ($1, $2, $3, 0, $4)', [organization_id, session_id, value_id, Buffer.from(whole.slice(0, 1024 * 1024))])
  behave = () => ({ ok: true, result })
  const { part } = await resultOf(session_id)
  expect(part.value_id).toBe(value_id)
  expect(part.images).toHaveLength(1)
  expect((await wholeOf(session_id)) === whole).toBe(true)
})
