import { once } from 'node:events'
import { connect } from 'node:net'
import type { Problem } from '@reprise/contract'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStream, type EventStreamClient } from './support/open-stream.ts'
import { patch } from './support/providers.ts'
import { createSession, expectProblem, send } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

const limit_times = { exchange_ms: 50 }
let server: TestServer
let others: TestServer[] = []
let session_id: string
beforeEach(async () => {
  server = await startServer({ limit_times })
  session_id = (await createSession(server.url)).id
})
afterEach(async () => {
  for (const other of others) await other.close()
  others = []
  await server.close()
})

async function startOther(): Promise<TestServer> {
  const other = await startServer({ database: server.database, limit_times })
  others.push(other)
  return other
}

const limitStreams = (streams_open_max: number | null) => patch(`${server.url}/v1/organization`, { streams_open_max })
const sseOf = ({ url }: TestServer) => `${url}/v1/sessions/${session_id}/sse`
const open = async (at: TestServer): Promise<EventStreamClient> => await openStream(sseOf(at))
/** Answers whether there was a place, and leaves it again. */
async function tryToOpen(): Promise<number> {
  const { status, body } = await fetch(sseOf(server))
  await body!.cancel()
  return status
}

/** As processes have told. */
const readTold = async () => (await server.pool.query<{ streams: number }>('SELECT coalesce(sum(streams_open), 0)::integer AS streams FROM open_streams')).rows[0]!.streams

/** Sends a request and is gone before it can be answered. */
async function leaveAtOnce(port: number, path: string): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`, () => socket.resetAndDestroy())
  await once(socket, 'close')
}

async function openSubscription({ url }: TestServer): Promise<{ text: string; close: () => void }> {
  const controller = new AbortController()
  const response = await fetch(`${url}/trpc/events.subscribe?input=${encodeURIComponent(JSON.stringify({ session_id }))}`, { headers: { accept: 'text/event-stream' }, signal: controller.signal })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!/session\.started|error/.test(text)) text += (await reader.read()).value ?? ''
  return { text, close: () => controller.abort() }
}

describe('an organization with a limit on its streams', () => {
  it('opens no more than those, and another when one was closed', async () => {
    await limitStreams(2)
    const [first, second] = [await open(server), await open(server)]
    const refused = await send<Problem>(sseOf(server))
    expectProblem(refused, 429, 'too_many_streams')
    expect(refused.body.detail).toContain('2 streams')
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
    first!.close()
    await expect.poll(tryToOpen, { timeout: 10_000 }).toBe(200)
    second!.close()
  })

  it('counts subscriptions over tRPC with the others', async () => {
    await limitStreams(1)
    const subscription = await openSubscription(server)
    expect(subscription.text).toContain('session.started')
    expectProblem(await send<Problem>(sseOf(server)), 429, 'too_many_streams')
    expect((await openSubscription(server)).text).toContain('too_many_streams')
    subscription.close()
    await expect.poll(tryToOpen, { timeout: 10_000 }).toBe(200)
  })

  it('gives a place to no stream that could not begin', async () => {
    await limitStreams(1)
    for (let attempt = 0; attempt < 3; attempt++) expect((await send(`${server.url}/v1/sessions/sess_${'0'.repeat(32)}/sse`)).status).toBe(404)
    for (let attempt = 0; attempt < 3; attempt++) expect((await send(`${sseOf(server)}?since_id=event_${'0'.repeat(32)}`)).status).toBe(400)
    const stream = await open(server)
    stream.close()
  })

  it('keeps no place for a client that was gone before its stream began', async () => {
    await limitStreams(40)
    await Promise.all(Array.from({ length: 40 }, () => leaveAtOnce(server.port, `/v1/sessions/${session_id}/sse`)))
    await limitStreams(1)
    await expect.poll(tryToOpen, { timeout: 10_000 }).toBe(200)
  })

  it('counts those of another process, until that closes them or stops', async () => {
    await limitStreams(2)
    const second = await startOther()
    const streams = [await open(second), await open(second)]
    await expect.poll(readTold, { timeout: 10_000 }).toBe(2)
    for (const one of [server, second]) expectProblem(await send<Problem>(sseOf(one)), 429, 'too_many_streams')
    streams.pop()!.close()
    await expect.poll(tryToOpen, { timeout: 10_000 }).toBe(200)
    await others.pop()!.close()
    expect(await readTold()).toBeLessThanOrEqual(1) // what is left of them is this process's own
    streams.push(await open(server), await open(server))
    for (const stream of streams) stream.close()
  })

  it('does not count those of a process that has fallen silent', async () => {
    await limitStreams(2)
    const { organization_id } = await createSession(server.url)
    await server.pool.query(`INSERT INTO open_streams VALUES ($1, 'killed', 2, clock_timestamp())`, [organization_id])
    expectProblem(await send<Problem>(sseOf(server)), 429, 'too_many_streams')
    await server.pool.query(`UPDATE open_streams SET seen_at = clock_timestamp() - interval '6 seconds' WHERE process_id = 'killed'`)
    const stream = await open(server)
    stream.close()
  })

  it('learns of a new limit though its streams were opened without one', async () => {
    const streams = [await open(server), await open(server)]
    await limitStreams(2)
    const other = await startOther()
    await expect.poll(readTold, { timeout: 10_000 }).toBe(2)
    expectProblem(await send<Problem>(sseOf(other)), 429, 'too_many_streams')
    await limitStreams(null)
    const third = await open(other)
    for (const stream of [...streams, third]) stream.close()
  })
})
