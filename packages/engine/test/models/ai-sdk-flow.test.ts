import { expect, test } from 'vitest'
import { callOf, connect, hear, startServerOf, textOf, vendorNames } from '../support/provider-under-test.ts'
import { user } from './sim-call.ts'

const ask = () => new AbortController().signal

test.each(vendorNames)('%s is read no faster than its words are taken', async (name) => {
  const server = await startServerOf(name)
  const bytes = 30_000_000
  server.queue({ says: ['x'.repeat(bytes)], unitsPerDelta: 65_536 })
  const chunks = connect(name, server.url).stream(callOf(name, [user('hello')]), ask())[Symbol.asyncIterator]()
  await chunks.next()
  // Until the server has not got rid of a byte for half a second: all of it would have gone long before.
  for (let calm = 0, before = -1; calm < 50; calm = server.bytesWritten === before ? calm + 1 : 0) {
    before = server.bytesWritten
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  expect(server.bytesWritten).toBeLessThan(bytes / 2)
  await chunks.return?.()
  await expect.poll(() => server.abandoned).toBe(1)
})

test.each(vendorNames)('%s is told each word when it is said, not when all are', async (name) => {
  const server = await startServerOf(name)
  server.queue({ says: ['one two three'], unitsPerDelta: 4, fault: { kind: 'stall', afterBytes: 1_600 } })
  for await (const chunk of connect(name, server.url).stream(callOf(name, [user('hello')]), ask())) {
    if (chunk.type !== 'text_delta') continue
    expect(chunk.delta).toBe('one ')
    break
  }
  await expect.poll(() => server.requests).toHaveLength(1)
})

test.each(vendorNames)('%s is asked again over the same connection', async (name) => {
  const server = await startServerOf(name)
  const provider = connect(name, server.url)
  for (let round = 0; round < 3; round++) {
    expect(textOf(await hear(provider, callOf(name, [user(`round ${round}`)])))).toBe(`You said: round ${round}`)
    // The connection is free once its answer has been read to its end, which is behind the last word.
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(server.connections).toBeLessThanOrEqual(2)
})
