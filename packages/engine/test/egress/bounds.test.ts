import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { EgressFault } from '../../src/egress/egress-errors.ts'
import { failureOf, findClosedPort, generously, openEgress, startLoopback, startSockets } from './loopback.ts'

const mebibyte = 1024 * 1024
const piece = Buffer.alloc(mebibyte, 'x')

/** Writes until `bytesMax` or until nobody reads any more, as fast as it is read. */
async function pour(response: ServerResponse, bytesMax: number, chunk = piece): Promise<void> {
  for (let written = 0; written < bytesMax && !response.destroyed; written += chunk.length) {
    if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')])
  }
  response.end()
}

describe('an answer', () => {
  it('of a gigabyte is cut at its bound, and the rest is not read', async () => {
    const server = await startLoopback(({ response }) => void pour(response, 1024 * mebibyte))
    const answer = await openEgress({ allow: [server.place] }).request(server.url, { ...generously(), responseBytesMax: mebibyte })
    expect(answer).toMatchObject({ status: 200, isCut: true })
    expect(answer.bytes.equals(piece)).toBe(true)
    await expect.poll(() => server.sockets[0]?.destroyed).toBe(true)
    // What the kernel's buffers took in is sent, but not read.
    expect(server.sockets[0]?.bytesWritten).toBeLessThan(32 * mebibyte)
  })

  it('of exactly its bound is whole, and one byte more is cut', async () => {
    const server = await startLoopback(({ response }) => void response.end('12345'))
    const egress = openEgress({ allow: [server.place] })
    expect(await egress.request(server.url, { ...generously(), responseBytesMax: 5 })).toMatchObject({ isCut: false, bytes: Buffer.from('12345') })
    expect(await egress.request(server.url, { ...generously(), responseBytesMax: 4 })).toMatchObject({ isCut: true, bytes: Buffer.from('1234') })
  })

  it.each([100_000, 65_536, 65_535, 10_000])('in pieces of every size is put together, up to %i bytes', async (bytesMax) => {
    const text = Array.from({ length: 20_000 }, (_, index) => String(index)).join(' ')
    const server = await startLoopback(({ response }) => {
      for (let from = 0, length = 1; from < text.length; from += length, length = (length * 3) % 1009) response.write(text.slice(from, from + length))
      response.end()
    })
    const { bytes, isCut } = await openEgress({ allow: [server.place] }).request(server.url, { ...generously(), responseBytesMax: bytesMax })
    expect({ text: bytes.toString(), isCut }).toEqual({ text: text.slice(0, bytesMax), isCut: true })
  })

  it('that says it is a gigabyte is not believed', async () => {
    const server = await startLoopback(({ response }) => {
      response.writeHead(200, { 'content-length': 1024 * mebibyte })
      void pour(response, 2 * mebibyte)
    })
    expect(await openEgress({ allow: [server.place] }).request(server.url, { ...generously(), responseBytesMax: 10 })).toMatchObject({ isCut: true, bytes: Buffer.from('xxxxxxxxxx') })
  })

  it.each([
    // Members of gzip may follow each other, so a gigabyte need not be made to be sent.
    ['gzip', Buffer.concat(Array.from({ length: 64 }, () => gzipSync(Buffer.alloc(16 * mebibyte))))],
    ['br', brotliCompressSync(Buffer.alloc(256 * mebibyte))],
    ['gzip, gzip', gzipSync(gzipSync(Buffer.alloc(256 * mebibyte)))],
  ])('that is a bomb in %s is counted as it unpacks, and takes no memory', async (encoding, bomb) => {
    const server = await startLoopback(({ response }) => void response.writeHead(200, { 'content-encoding': encoding }).end(bomb))
    const egress = openEgress({ allow: [server.place] })
    const before = process.memoryUsage()
    const answer = await egress.request(server.url, { ...generously(), responseBytesMax: mebibyte })
    const after = process.memoryUsage()
    expect(answer).toMatchObject({ isCut: true })
    expect(answer.bytes.equals(Buffer.alloc(mebibyte))).toBe(true)
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(32 * mebibyte)
    expect(after.rss - before.rss).toBeLessThan(256 * mebibyte)
  })

  it('without an end is cut in time, however slowly it comes', async () => {
    const server = await startLoopback(({ response }) => {
      const drip = setInterval(() => response.write('.'), 10)
      response.on('close', () => clearInterval(drip))
    })
    const error = await failureOf(openEgress({ allow: [server.place] }).request(server.url, { ...generously(), timeoutMs: 100 }))
    expect(error).toBeInstanceOf(EgressFault)
    expect(error).toMatchObject({ message: `${server.place} did not answer within 0.1 s`, mayHaveArrived: true })
    await expect.poll(() => server.sockets[0]?.destroyed).toBe(true)
  })

  it('whose headers never end is cut in time', async () => {
    const server = await startSockets((socket) => {
      socket.resume().write('HTTP/1.1 200 OK\r\n')
      const drip = setInterval(() => socket.write('x-more: y\r\n'), 10)
      socket.on('close', () => clearInterval(drip))
    })
    const error = await failureOf(openEgress({ allow: [server.place] }).request(server.url, { ...generously(), timeoutMs: 100 }))
    expect(error).toMatchObject({ name: 'EgressFault', message: expect.stringContaining('within 0.1 s'), mayHaveArrived: true })
  })

  it('with too many headers is refused as broken', async () => {
    const server = await startSockets((socket) => void socket.resume().write(`HTTP/1.1 200 OK\r\nx-long: ${'y'.repeat(mebibyte)}\r\n\r\n`))
    const error = await failureOf(openEgress({ allow: [server.place] }).request(server.url, generously()))
    expect(error).toMatchObject({ name: 'EgressFault', message: expect.stringContaining('UND_ERR_HEADERS_OVERFLOW'), mayHaveArrived: true })
  })

  it.each([
    ['that is no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['that breaks off', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this'],
    ['that cannot be unpacked', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-encoding: gzip\r\n\r\nhello'],
  ])('%s is a fault after the request may have arrived', async (_what, bytes) => {
    const server = await startSockets((socket) => void socket.resume().once('data', () => socket.end(bytes)))
    const error = await failureOf(openEgress({ allow: [server.place] }).request(server.url, generously()))
    expect(error).toMatchObject({ name: 'EgressFault', message: expect.stringContaining(`the connection to ${server.place} broke`), mayHaveArrived: true })
  })
})

describe('an abort', () => {
  it.each([
    ['before it is sent', (abort: () => void) => abort(), () => {}],
    ['while it waits for an answer', () => {}, (abort: () => void) => abort()],
  ])('ends a request %s, with its reason', async (_what, atOnce, onRequest) => {
    const reason = new Error('the turn was cancelled')
    const abort = new AbortController()
    const server = await startLoopback(() => onRequest(() => abort.abort(reason)))
    const request = failureOf(openEgress({ allow: [server.place] }).request(server.url, generously({ signal: abort.signal })))
    atOnce(() => abort.abort(reason))
    expect(await request).toBe(reason)
  })

  it('ends a request while its name is looked up', async () => {
    const reason = new Error('the turn was cancelled')
    const abort = new AbortController()
    const egress = openEgress({
      lookup: () => {
        queueMicrotask(() => abort.abort(reason))
        return new Promise(() => {})
      },
    })
    expect(await failureOf(egress.request('https://slow.test/', generously({ signal: abort.signal })))).toBe(reason)
  })

  it('ends a request in the middle of its answer', async () => {
    const reason = new Error('the turn was cancelled')
    const abort = new AbortController()
    const server = await startLoopback(({ response }) => void response.write('begun', () => abort.abort(reason)))
    expect(await failureOf(openEgress({ allow: [server.place] }).request(server.url, generously({ signal: abort.signal })))).toBe(reason)
    await expect.poll(() => server.sockets[0]?.destroyed).toBe(true)
  })
})

describe('a place that is not reached', () => {
  it('because nobody listens certainly got nothing', async () => {
    const place = `127.0.0.1:${await findClosedPort()}`
    const error = await failureOf(openEgress({ allow: [place] }).request(`http://${place}/secret`, generously()))
    expect(error).toMatchObject({ name: 'EgressFault', message: `${place} could not be reached (ECONNREFUSED)`, mayHaveArrived: false })
  })

  it.each([
    ['because its name is unknown', () => Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }))],
    ['because its name has no address', async () => []],
  ])('%s certainly got nothing', async (_what, lookup) => {
    const error = await failureOf(openEgress({ lookup }).request('https://unknown.test/', generously()))
    expect(error).toMatchObject({ name: 'EgressFault', message: 'unknown.test could not be reached (ENOTFOUND)', mayHaveArrived: false })
  })

  it('in time certainly got nothing', async () => {
    const egress = openEgress({ lookup: () => new Promise(() => {}) })
    const error = await failureOf(egress.request('https://slow.test/', { ...generously(), timeoutMs: 50 }))
    expect(error).toMatchObject({ name: 'EgressFault', message: 'slow.test could not be reached within 0.05 s', mayHaveArrived: false })
  })

  it('because it does not speak TLS certainly got nothing', async () => {
    const server = await startLoopback()
    const error = await failureOf(openEgress({ allow: [server.place] }).request(`https://${server.place}/`, generously()))
    expect(error).toMatchObject({ name: 'EgressFault', message: expect.stringMatching(/could not be reached \(/), mayHaveArrived: false })
  })
})

it('a stopped guard has cut what was under way, and sends nothing more', async () => {
  const server = await startLoopback(() => stopped.push(egress.stop()))
  const stopped: Promise<void>[] = []
  const egress = openEgress({ allow: [server.place] })
  expect(await failureOf(egress.request(server.url, generously()))).toMatchObject({ message: `the connection to ${server.place} broke (UND_ERR_DESTROYED)`, mayHaveArrived: true })
  await Promise.all([...stopped, egress.stop()])
  expect(await failureOf(egress.request(server.url, generously()))).toMatchObject({ name: 'EgressFault', mayHaveArrived: false })
  expect(server.received).toHaveLength(1)
})

