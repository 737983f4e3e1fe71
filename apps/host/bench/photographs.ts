import { randomBytes, randomFillSync } from 'node:crypto'
import sharp from 'sharp'
import { HttpConnection } from './http-connection.ts'
import { startMeasuredHost } from './start-measured-host.ts'
import { percentile, printRows } from './statistics.ts'
import { createSession } from './turns.ts'

const clients = 20
const seconds = 15
const pauseMs = 20

/** How the main thread fares while photographs come in: its delay, and small messages of another client. */
export async function measurePhotographs(): Promise<void> {
  const host = await startMeasuredHost()
  const photographs = await Promise.all(Array.from({ length: 4 }, makePhotograph))
  const small = await HttpConnection.open(host.address)
  const smallSession = await createSession(small)
  const smallBody = JSON.stringify({ message: { content: [{ type: 'text', text: 'Hello' }] } })
  const post = async (connection: HttpConnection, sessionId: string, body: string | Buffer) => {
    const startedAt = performance.now()
    const { status, body: answer } = await connection.request('POST', `/v1/sessions/${sessionId}/messages`, body)
    if (status !== 201 && status !== 503) throw new Error(`posting: ${status} ${answer.slice(0, 300)}`)
    return { status, ms: performance.now() - startedAt }
  }
  const measureSmall = async (until: number) => {
    const ms: number[] = []
    while (performance.now() < until) {
      ms.push((await post(small, smallSession, smallBody)).ms)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
    return ms
  }
  await measureSmall(performance.now() + 2_000) // warm
  const quiet = await measureSmall(performance.now() + 3_000)

  host.reset()
  const until = performance.now() + seconds * 1000
  const photoMs: number[] = []
  const sending = Array.from({ length: clients }, async (_, index) => {
    const connection = await HttpConnection.open(host.address)
    const sessionId = await createSession(connection)
    while (performance.now() < until) photoMs.push((await post(connection, sessionId, makeUnique(photographs[index % photographs.length]!))).ms)
    connection.close()
  })
  const busy = await measureSmall(until)
  const { eventLoopDelayMs } = await host.report()
  await Promise.all(sending)
  small.close()
  await host.remove()
  const show = (ms: number[]) => `p50 ${percentile(ms, 0.5).toFixed(1)} ms, p99 ${percentile(ms, 0.99).toFixed(1)} ms, max ${Math.max(...ms).toFixed(1)} ms`
  printRows(`${clients} clients posting photographs of 5 MB, ${(photoMs.length / seconds).toFixed(1)} a second`, [
    ['event-loop delay of the main thread', `p50 ${eventLoopDelayMs.p50.toFixed(1)} ms, p99 ${eventLoopDelayMs.p99.toFixed(1)} ms, max ${eventLoopDelayMs.max.toFixed(1)} ms`],
    ['a small message meanwhile', show(busy)],
    ['a small message on a quiet server', show(quiet)],
    ['a photograph', show(photoMs)],
  ])
}

const imageStart = '{"message":{"content":[{"type":"image","media_type":"image/jpeg","base64":"'
const imageEnd = '"}]}}'
const tailBytes = 12

/** A message with a JPEG of about 5 MB, as a telephone makes it: 12 megapixels with the grain of a sensor. */
async function makePhotograph(): Promise<Buffer> {
  const grain = randomFillSync(Buffer.alloc(1000 * 750 * 3))
  const jpeg = await sharp(grain, { raw: { width: 1000, height: 750, channels: 3 } })
    .resize(4000, 3000, { kernel: 'cubic' })
    .jpeg({ quality: 87 })
    .toBuffer()
  // Cameras leave bytes behind the picture; these make every upload one that the server has not seen.
  const padded = Buffer.concat([jpeg, Buffer.alloc(tailBytes + ((3 - ((jpeg.length + tailBytes) % 3)) % 3))])
  return Buffer.from(imageStart + padded.toString('base64') + imageEnd)
}

function makeUnique(photograph: Buffer): Buffer {
  const unique = Buffer.from(photograph)
  unique.write(randomBytes(tailBytes).toString('base64'), unique.length - imageEnd.length - (tailBytes / 3) * 4)
  return unique
}
