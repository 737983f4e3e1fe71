import type { Message, ToolResultPart } from '@reprise/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { query } from './support/call-procedure.ts'
import { createForeignSession } from './support/create-foreign-session.ts'
import { readUntil } from './support/open-stream.ts'
import { makePng } from './support/make-png.ts'
import { parkTurn } from './support/park-turn.ts'
import { expectProblem, post, send } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

interface Answered {
  session_id: string
  turn_id: string
  part: ToolResultPart
  path: string
}

async function answer(result: object): Promise<Answered> {
  const { session_id, turn_id } = await parkTurn(server.url)
  const submitted = await post(`${server.url}/v1/sessions/${session_id}/tool-results`, { tool_results: [{ tool_call_id: 'call_1', ...result }] })
  expect(submitted.status).toBe(200)
  await readUntil(server.url, session_id, 'session.idled')
  const { body } = await send<{ data: Message[] }>(`${server.url}/v1/sessions/${session_id}/messages?role=tool_result`)
  return { session_id, turn_id: turn_id!, part: body.data[0]!.content[0] as ToolResultPart, path: `/v1/sessions/${session_id}/tool-results/call_1` }
}

async function read(path: string) {
  const response = await fetch(`${server.url}${path}`, { headers: { authorization: 'test' } })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

const large = { rows: Array.from({ length: 4_500 }, (_, index) => ({ id: index, name: `Zoë № ${index}`, note: 'x'.repeat(150) })) }

describe('GET /v1/sessions/{session_id}/tool-results/{tool_call_id}', () => {
  it('200: all of a result of which the message has the beginning', async () => {
    const { part, path, turn_id } = await answer({ result: large })
    expect(part.value_id).toMatch(/^value_/)
    expect(part.result).toMatch(new RegExp(`\\[truncated: the full value is \\d+ bytes of JSON, at ${path}\\]$`))
    for (const whole of [await read(path), await read(`${path}?turn_id=${turn_id}`)]) {
      expect(whole.status).toBe(200)
      expect(whole.headers.get('content-type')).toMatch(/^application\/json/)
      expect(Number(whole.headers.get('content-length'))).toBe(Buffer.byteLength(whole.text))
      expect(whole.text === JSON.stringify(large)).toBe(true)
    }
  })

  it('200: a result that its message has all of, and null', async () => {
    expect(await read((await answer({ result: { b: 1, a: 'é' } })).path)).toMatchObject({ status: 200, text: '{"b":1,"a":"é"}' })
    expect(await read((await answer({ result: null })).path)).toMatchObject({ status: 200, text: 'null' })
  })

  it('404: foreign sessions, unknown calls, other turns, and calls that ended with an error', async () => {
    const { path, session_id } = await answer({ error: 'no idea' })
    const foreign = await createForeignSession(server.pool)
    for (const missing of [path, `/v1/sessions/${session_id}/tool-results/call_9`, `${path}?turn_id=turn_${'0'.repeat(32)}`]) {
      expectProblem(await send(`${server.url}${missing}`), 404, 'tool_result_not_found')
    }
    expectProblem(await send(`${server.url}/v1/sessions/${foreign}/tool-results/call_1`), 404, 'session_not_found')
  })

  it('400: an id of a turn that is none', async () => {
    expectProblem(await send(`${server.url}/v1/sessions/sess_${'0'.repeat(32)}/tool-results/call_1?turn_id=x`), 400, 'invalid_id', 'turn_id')
  })

  it('is read by tRPC in slices that are texts', async () => {
    const { session_id, path } = await answer({ result: large })
    // A caller's answer fits into one slice, a tool's own need not: here is one of two.
    const [first, second] = [Buffer.from(JSON.stringify(large)).subarray(0, 300_000), Buffer.from(JSON.stringify(large)).subarray(300_000)]
    await server.pool.query('UPDATE tool_result_values SET bytes = $2 WHERE session_id = $1', [session_id, first])
    await server.pool.query('INSERT INTO tool_result_values SELECT organization_id, session_id, value_id, 1, $2 FROM tool_result_values WHERE session_id = $1', [session_id, second])
    expect((await read(path)).text === JSON.stringify(large)).toBe(true)
    let json = ''
    for (let slice = 0, slices = 1; slice < slices; slice++) {
      const { body } = await query<{ json: string; slices: number }>(server.url, 'messages.toolResult', { session_id, tool_call_id: 'call_1', slice })
      json += body.result!.data.json
      slices = body.result!.data.slices
    }
    expect(json === JSON.stringify(large)).toBe(true)
    const beyond = await query(server.url, 'messages.toolResult', { session_id, tool_call_id: 'call_1', slice: 9 })
    expect(beyond.body.error?.data).toMatchObject({ code: 'tool_result_not_found', httpStatus: 404 })
  })
})

it("an image in a caller's answer is served by its id", async () => {
  const png = makePng(4, 3)
  const { part } = await answer({ result: [{ type: 'image', data: png.toString('base64'), mimeType: 'image/png' }] })
  expect(part.result).toEqual([{ type: 'image', image: 1 }])
  const response = await fetch(`${server.url}/v1/images/${part.images![0]!.image_id}`, { headers: { authorization: 'test' } })
  expect(Buffer.from(await response.arrayBuffer()).equals(png)).toBe(true)
})
