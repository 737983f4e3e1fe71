import { connect, type Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { openStream } from './support/open-stream.ts'
import { createSession, postMessage, scriptMessage, textMessage } from './support/requests.ts'
import { startServer } from './support/start-server.ts'

describe('a stream', () => {
  it('ends after its lifetime, be it busy, with a disconnecting that travels in a chunk of its own after a pause', async () => {
    const server = await startServer({ stream_times: { lifetime_ms: 300 } })
    const { id } = await createSession(server.url)
    await postMessage(server.url, id, scriptMessage([{ text: 'word '.repeat(500), tokens_per_second: 200 }]))
    const streams = await Promise.all(Array.from({ length: 5 }, () => openStream(`${server.url}/v1/sessions/${id}/sse`)))
    // All are read at once, so that each chunk is seen when it comes.
    const read = await Promise.all(streams.map(async (stream) => ({ ...stream, frames: await stream.rest() })))
    for (const { frames, chunks } of read) {
      expect(frames.at(-2)!.event).toBe('output.message.delta')
      expect(frames.at(-1)).toEqual({ event: 'disconnecting', id: null, retry: null, data: { reason: 'connection_cycle', retry_ms: 100 } })
      const [before, last] = chunks.slice(-2)
      expect(last!.text).toBe('event: disconnecting\ndata: {"reason":"connection_cycle","retry_ms":100}\n\n')
      // 60 ms when they were sent; a busy test process may read the one before a little late.
      expect(last!.at - before!.at).toBeGreaterThan(45)
    }
    await server.close()
  })

  it('ends likewise when the server stops, idle or busy', async () => {
    const server = await startServer()
    const { id } = await createSession(server.url)
    const streams = await Promise.all(Array.from({ length: 3 }, () => openStream(`${server.url}/v1/sessions/${id}/sse`)))
    await postMessage(server.url, id, textMessage('x'))
    const closed = server.close()
    for (const stream of streams) {
      expect((await stream.rest()).at(-1)).toMatchObject({ event: 'disconnecting', data: { reason: 'shutting_down' } })
    }
    await closed
  })

  it('shows that it lives by comments when there is nothing to say', async () => {
    const server = await startServer({ stream_times: { heartbeat_ms: 20 } })
    const { id } = await createSession(server.url)
    const stream = await openStream(`${server.url}/v1/sessions/${id}/sse`)
    const reading = stream.rest()
    const heard = () => stream.chunks.map(({ text }) => text).join('').split(': heartbeat\n\n').length - 1
    await vi.waitFor(() => expect(heard()).toBeGreaterThan(2), { timeout: 15_000 })
    await server.close()
    await reading
  })

  it('is forgotten when its client goes away', async () => {
    const server = await startServer()
    const { id } = await createSession(server.url)
    const stream = await openStream(`${server.url}/v1/sessions/${id}/sse`)
    await stream.until('session.started')
    expect(server.hub.followedSessions).toEqual([id])
    stream.close()
    await expect.poll(() => server.hub.followedSessions).toEqual([])
    await server.close()
  })

  it('of a reader that does not read does not hold up a server that stops', async () => {
    const server = await startServer({ stream_times: { patience_ms: 100 } })
    const { id } = await createSession(server.url)
    const socket = connect(server.port, '127.0.0.1').pause()
    socket.write(`GET /v1/sessions/${id}/sse HTTP/1.1\r\nhost: localhost\r\n\r\n`)
    await fillSession(server.url, id, 20)
    await expect(server.close()).resolves.toBeUndefined()
    socket.destroy()
  })

  it('of a reader that does not read costs no memory beyond a page, and misses nothing afterwards', async () => {
    const server = await startServer()
    const { id } = await createSession(server.url)
    const accepted = new Promise<Socket>((resolve) => server.fastify.server.once('connection', resolve))
    const socket = connect(server.port, '127.0.0.1').pause()
    socket.write(`GET /v1/sessions/${id}/sse HTTP/1.1\r\nhost: localhost\r\n\r\n`)
    const socketOfServer = await accepted
    await fillSession(server.url, id, 24)
    // The kernel's buffers hold some, and the page that was being sent when they were full.
    expect(socketOfServer.writableLength).toBeLessThan(10_000_000)
    let seen = ''
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        // Only the frames' heads are of interest.
        seen += chunk.toString('latin1').replace(/x{100,}/g, '')
        if (seen.split('event: input.message').length > 24) resolve()
      })
      socket.resume()
    })
    socket.destroy()
    await server.close()
  })
})

/** Posts messages of a megabyte each. A turn that does not end keeps those behind it waiting, so that nothing answers them. */
async function fillSession(url: string, id: string, messages: number): Promise<void> {
  await postMessage(url, id, scriptMessage([{ text: 'slow', ttft_ms: 60_000 }]))
  for (let index = 1; index < messages; index++) await postMessage(url, id, textMessage('x'.repeat(1_000_000)))
}
