import type { Event } from '@reprise/contract'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openEngineFixture, script, type EngineFixture, type EngineProcess } from './support/engine-fixture.ts'
import { startPlace, type Place } from './support/start-place.ts'

let fixture: EngineFixture
let process: EngineProcess
let place: Place
/** A place inside that is open to nobody. */
let inward: Place
/** How the webhook under test answers. */
let answer: (request: IncomingMessage, response: ServerResponse) => void
const toolCallMsMax = 1_000
const attemptsMax = 2

beforeAll(async () => {
  fixture = await openEngineFixture()
  place = await startPlace((request, response) => answer(request, response))
  inward = await startPlace((_request, response) => response.end('a secret'))
  process = await fixture.startProcess({ egressAllow: [place.address], limits: { toolCallMsMax, toolAttemptsMax: attemptsMax } })
})
afterAll(async () => {
  await fixture.close()
  await place.close()
  await inward.close()
})
beforeEach(() => {
  place.requests.length = 0
})

/** The result of the one call of a turn that goes on to its end with it. */
async function call(effects: 'idempotent' | 'at_most_once' = 'idempotent'): Promise<Event['data']> {
  const sessionId = await fixture.createSession({ tools: [{ type: 'webhook', name: 'hook', description: '', parameters: { type: 'object' }, url: `${place.url}/hook`, effects }] })
  await process.engine.acceptMessage(fixture.message(sessionId, script([{ tool_calls: [{ name: 'hook', arguments: {} }] }, { text: 'Done.' }])))
  const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
  expect(events.filter((event) => event.type === 'turn.completed')).toHaveLength(1)
  return events.find((event) => event.type === 'tool.completed')!.data
}

test.for<[string, (response: ServerResponse) => void, RegExp]>([
  ['HTML', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html><script>steal()</script></html>'), /^The webhook answered 200, but neither with JSON nor with plain text\.$/],
  ['HTML that calls itself JSON', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('<html></html>'), /^The webhook answered 200, with JSON that cannot be parsed\.$/],
  ['HTML and an error', (response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<html>Not here</html>'), /^The webhook answered 404\.$/],
  ['an image', (response) => response.writeHead(200, { 'content-type': 'image/png' }).end(Buffer.from([0x89, 0x50])), /neither with JSON nor with plain text/],
  ['bytes of no type', (response) => response.writeHead(200).end(Buffer.from([0, 255])), /neither with JSON nor with plain text/],
])('a webhook that answers %s is an error that says so, and the turn goes on', async ([, respond, words]) => {
  answer = (_request, response) => respond(response)
  expect(await call()).toMatchObject({ success: false, status: 'error', error: expect.stringMatching(words) })
  expect(place.requests).toHaveLength(1)
})

test('a webhook that redirects inward is not followed', async () => {
  for (const location of [inward.url, 'http://169.254.169.254/latest/meta-data/', 'http://localhost/']) {
    answer = (_request, response) => response.writeHead(307, { location }).end()
    expect(await call()).toMatchObject({ success: false, error: 'The webhook answered 307: redirects are not followed.' })
  }
  expect(inward.requests).toEqual([])
})

test('a webhook that answers 1 GB is cut off after what may be read', async () => {
  const chunk = Buffer.alloc(64 * 1024, 'x')
  let sentBytes = 0
  const closed = Promise.withResolvers<void>()
  answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.on('close', () => closed.resolve())
    const write = () => {
      while (sentBytes < 1024 ** 3 && !response.destroyed) {
        sentBytes += chunk.length
        if (!response.write(chunk)) return void response.once('drain', write)
      }
    }
    write()
  }
  expect(await call()).toMatchObject({ success: false, error: 'The webhook answered 200, with more than 67108864 bytes.' })
  await closed.promise
  expect(sentBytes).toBeLessThan(128 * 1024 ** 2)
})

test.for<[string, (response: ServerResponse) => void]>([
  ['before its answer', () => {}],
  ['in the middle of it', (response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{"result":')],
  ['by saying a little for ever', (response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    const timer = setInterval(() => response.write('x'), 20)
    response.on('close', () => clearInterval(timer))
  }],
])('a webhook that hangs %s is given up in bounded time', async ([, respond]) => {
  answer = (_request, response) => respond(response)
  const startedAt = performance.now()
  expect(await call()).toMatchObject({ success: false, status: 'error', error: expect.stringContaining('in time') })
  expect(place.requests).toHaveLength(attemptsMax)
  expect(await call('at_most_once')).toMatchObject({ success: false, status: 'outcome_unknown' })
  expect(place.requests).toHaveLength(attemptsMax + 1)
  // Two attempts and one, a short pause between, and as much again for a busy machine.
  expect(performance.now() - startedAt).toBeLessThan(2 * (attemptsMax + 1) * toolCallMsMax + 5_000)
})

test('a webhook that hangs up in the middle of its answer is tried again', async () => {
  answer = (_request, response) => {
    if (place.requests.length > 1) return void response.writeHead(200, { 'content-type': 'application/json' }).end('{"result":"at last"}')
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{"result":')
    setImmediate(() => response.destroy())
  }
  expect(await call()).toMatchObject({ success: true, result: 'at last' })
})
