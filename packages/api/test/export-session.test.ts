import { exportLine, type ExportLine, type Message, type Session } from '@reprise/contract'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createForeignSession } from './support/create-foreign-session.ts'
import { insertMessages } from './support/insert-messages.ts'
import { makePng } from './support/make-png.ts'
import { markDeleted } from './support/mark-deleted.ts'
import { createSession, expectProblem, scriptMessage, send, textMessage } from './support/requests.ts'
import { runTurn } from './support/run-turn.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
/** The server's ends of all connections, by the ports of their other ends. */
const sockets = new Map<number, Socket>()
beforeAll(async () => {
  server = await startServer()
  server.fastify.server.on('connection', (socket) => sockets.set(socket.remotePort!, socket))
})
afterAll(() => server.close())

const parseLines = (text: string) => text.split('\n').slice(0, -1).map((line) => JSON.parse(line) as ExportLine)

/** An export of which nothing is read yet. */
async function startExport(sessionId: string, mount = '/v1'): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    httpRequest(`${server.url}${mount}/sessions/${sessionId}/export`, { agent: false }, resolve).on('error', reject).end()
  })
}

async function readAll(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return text
}

/** Megabytes take their time on a busy machine. */
const patience = { timeout: 120_000 }

describe('GET /v1/sessions/{session_id}/export', patience, () => {
  describe('200', () => {
    it('gives the session, its messages as their list shows them, and the end, a line each', async () => {
      const { id } = await createSession(server.url, { title: 'A\nB' })
      await runTurn(server.url, id, { message: { content: [{ type: 'image', base64: makePng(2, 2).toString('base64') }] } })
      await runTurn(server.url, id, scriptMessage([{ thinking: 'hm', signature: 's', text: 'line\nbreak\u2028\u2029\u0085' }]))
      const response = await startExport(id, '/api/v1')
      expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'application/x-ndjson'])
      const text = await readAll(response)
      const session = (await send<Session>(`${server.url}/v1/sessions/${id}`)).body
      const { data } = (await send<{ data: Message[] }>(`${server.url}/v1/sessions/${id}/messages`)).body
      const lines = parseLines(text)
      expect(lines).toEqual([{ type: 'session', ...session }, ...data.map((message) => ({ type: 'message', ...message })), { type: 'end', messages: 4 }])
      for (const line of lines) expect(exportLine.safeParse(line).error).toBeUndefined()
      // Some readers of lines end one at each of these, too.
      expect(text.split(/[\n\r\v\f\u0085\u2028\u2029]/)).toHaveLength(lines.length + 1)
    })

    it('of an empty session: the session and the end', async () => {
      const { id } = await createSession(server.url)
      expect(parseLines(await readAll(await startExport(id))).map(({ type }) => type)).toEqual(['session', 'end'])
    })

    it('gives thousands of messages, in order and once each', async () => {
      const { id } = await createSession(server.url)
      await insertMessages(server.pool, id, 20_000)
      const lines = (await readAll(await startExport(id))).split('\n')
      expect(lines.length).toBe(20_003)
      const sequences = lines.slice(1, -2).map((line) => Number(/"sequence":(\d+)/.exec(line)![1]))
      expect(sequences.every((sequence, index) => sequence === index + 2)).toBe(true)
      expect(JSON.parse(lines.at(-2)!)).toEqual({ type: 'end', messages: 20_000 })
    })

    it('does not run ahead of a reader that takes nothing', async () => {
      const { id } = await createSession(server.url)
      await insertMessages(server.pool, id, 5_000, 10_000)
      const response = await startExport(id)
      const socket = sockets.get(response.socket.localPort!)!
      const written = () => socket.bytesWritten + socket.writableLength
      // Whoever would run ahead does so while the server has other things to do.
      let before = -1
      while (before !== written()) {
        before = written()
        for (let count = 0; count < 20; count++) await send(`${server.url}/v1/sessions/${id}`)
      }
      expect(before).toBeGreaterThan(0)
      // 50 MB are to come; sockets and pages hold some.
      expect(before).toBeLessThan(16 * 1024 * 1024)
      const lines = parseLines(await readAll(response))
      expect(lines.at(-1)).toEqual({ type: 'end', messages: 5_000 })
    })

    it('ends without its last line when the session is deleted meanwhile', async () => {
      const { id } = await createSession(server.url)
      await insertMessages(server.pool, id, 5_000, 10_000)
      const response = await startExport(id)
      await markDeleted(server.pool, id)
      await server.pool.query('DELETE FROM messages WHERE session_id = $1', [id])
      const lines = parseLines(await readAll(response))
      expect(response.complete).toBe(true)
      expect(lines[0]?.type).toBe('session')
      expect(lines.map(({ type }) => type)).not.toContain('end')
    })

    it('stops when its reader goes away, and the server goes on', async () => {
      const { id } = await createSession(server.url)
      await insertMessages(server.pool, id, 5_000, 10_000)
      const response = await startExport(id)
      const socket = sockets.get(response.socket.localPort!)!
      response.destroy()
      await new Promise((resolve) => (socket.destroyed ? resolve(null) : socket.once('close', resolve)))
      expect((await send(`${server.url}/v1/sessions/${id}`)).status).toBe(200)
      expect(server.logged).toEqual([])
    })

    it('goes no further than the session had come when it was asked for', async () => {
      const { id } = await createSession(server.url)
      await insertMessages(server.pool, id, 2_000, 10_000)
      const response = await startExport(id)
      await runTurn(server.url, id, textMessage('later'))
      expect(parseLines(await readAll(response)).at(-1)).toEqual({ type: 'end', messages: 2_000 })
    })
  })

  it('400: refuses what is no session’s id', async () => {
    expectProblem(await send(`${server.url}/v1/sessions/sess_1/export`), 400, 'invalid_id', 'session_id')
  })

  it('404: for a session that is unknown, deleted or another organization’s', async () => {
    const { id: deleted } = await createSession(server.url)
    await markDeleted(server.pool, deleted)
    for (const id of [`sess_${'0'.repeat(32)}`, deleted, await createForeignSession(server.pool)]) {
      expectProblem(await send(`${server.url}/v1/sessions/${id}/export`), 404, 'session_not_found')
    }
  })
})
