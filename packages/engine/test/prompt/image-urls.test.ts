import { Buffer } from 'node:buffer'
import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { noise } from '../../../compute/test/sample-images.ts'
import type { ImageLimits, LoadedImage, ModelCall, PromptPart } from '../../src/index.ts'
import { createSimProvider } from '../../src/models/sim/sim-provider.ts'
import { findClosedPort, startLoopback, type Answering, type Loopback } from '../egress/loopback.ts'
import { openEngineFixture, type EngineFixture, type EngineProcess } from '../support/engine-fixture.ts'

let fixture: EngineFixture
let calls: { call: ModelCall; loaded: LoadedImage[] }[] = []
let callsWithTool = 0

const fetching: ImageLimits = { takesUrls: false, mediaTypes: ['image/png', 'image/jpeg'], bytesMax: 1_000_000, edgePixelsMax: 50 }

beforeAll(async () => {
  fixture = await openEngineFixture()
})
afterAll(() => fixture.close())
beforeEach(() => {
  calls = []
  callsWithTool = 0
})

const partsOf = ({ call }: { call: ModelCall }): PromptPart[] => [...call.earlier_turns.flat(), ...call.messages].flatMap((message) => (message.role === 'user' ? message.content : []))

async function* stream(call: ModelCall) {
  const loads = partsOf({ call }).flatMap((part) => (part.type === 'image' && part.load ? [part.load()] : []))
  calls.push({ call, loaded: await Promise.all(loads) })
  if (calls.length <= callsWithTool) yield { type: 'tool_call' as const, id: 'call', name: 'current_time', arguments: {} }
  else yield { type: 'text_delta' as const, delta: 'I see.' }
  yield { type: 'finished' as const, finish_reason: 'stop' as const, usage: { input_tokens: 1, output_tokens: 1 }, response_id: null }
}

const startProcess = (server: Loopback, images = fetching, imageFetchMsMax = 10_000) =>
  fixture.startProcess({ egressAllow: [server.place], createProvider: () => ({ ...createSimProvider(), images, stream }), limits: { imageFetchMsMax } })

/** Posts the urls as images, and resolves when the turn has completed. */
async function ask(process: EngineProcess, urls: string[]): Promise<string> {
  const session = await fixture.createSession()
  const content = [{ type: 'text', text: 'Look:' }, ...urls.map((url) => ({ type: 'image', url }))]
  await process.engine.acceptMessage(fixture.message(session, '', { content_json: JSON.stringify(content) }))
  const events = await fixture.eventsUntil(process, session, 'session.idled')
  expect(events.map((event) => event.type)).toContain('turn.completed')
  return session
}

const textsOf = (call: { call: ModelCall }) => partsOf(call).map((part) => (part.type === 'text' ? part.text : `image ${part.media_type}`))
const countBlobs = async () => (await fixture.pool.query<{ count: number }>('SELECT count(*)::integer AS count FROM image_blobs')).rows[0]!.count

describe('an image url', () => {
  test('is passed on to a provider that takes urls, and fetched by nobody here', async () => {
    const server = await startLoopback()
    const url = `${server.url}/picture.png`
    await ask(await startProcess(server, { ...fetching, takesUrls: true }), [url])
    expect(partsOf(calls[0]!)).toEqual([{ type: 'text', text: 'Look:' }, { type: 'image', media_type: 'image/*', url }])
    expect(server.sockets).toHaveLength(0)
  })

  test('is fetched once for all calls of a turn where the provider takes none, fitted, and stored nowhere', async () => {
    const png = await noise(200, 100).png().toBuffer()
    const server = await startLoopback(({ response }) => void response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(png))
    const process = await startProcess(server)
    const before = await countBlobs()
    callsWithTool = 2
    await ask(process, [`${server.url}/a`, `${server.url}/a`])
    expect(server.received.map(({ path }) => path)).toEqual(['/a'])
    expect(calls).toHaveLength(3)
    const images = calls.flatMap(({ loaded }) => loaded)
    expect(images).toHaveLength(6)
    expect(new Set(images).size).toBe(1)
    expect(images[0]).toMatchObject({ media_type: 'image/jpeg' })
    expect(textsOf(calls[0]!)).toEqual(['Look:', 'image image/jpeg', 'image image/jpeg'])
    expect(await countBlobs()).toBe(before)
  })

  test('that gives no image is told to the model in its place, once fetched, and the turn goes on', async () => {
    const png = await noise(30, 20).png().toBuffer()
    const closedPort = await findClosedPort()
    const pages: Record<string, (response: ServerResponse) => void> = {
      '/image': (response) => response.end(png),
      '/missing': (response) => response.writeHead(404).end(),
      '/page': (response) => response.writeHead(200, { 'content-type': 'image/png' }).end('<!doctype html><p>Please sign in.</p>'),
      '/inward': (response) => response.writeHead(302, { location: `http://127.0.0.1:${closedPort}/admin` }).end(),
      '/metadata': (response) => response.writeHead(302, { location: 'https://169.254.169.254/latest/meta-data' }).end(),
      '/cut': (response) => response.end(png.subarray(0, -40)),
      '/reset': (response) => response.destroy(),
    }
    const server = await startLoopback(({ path, response }: Answering) => pages[path]!(response))
    const process = await startProcess(server)
    callsWithTool = 1
    await ask(process, [...Object.keys(pages).map((path) => server.url + path), 'https://10.0.0.1/a.png', 'https://localhost/a.png'])
    const refused = '[image could not be fetched: requests to its address are refused]'
    expect(textsOf(calls[0]!)).toEqual([
      'Look:',
      'image image/png',
      '[image could not be fetched: the server answered with status 404]',
      '[image could not be fetched: it is not a PNG, JPEG, GIF or WebP image]',
      refused,
      refused,
      '[image could not be fetched: it is cut off]',
      '[image could not be fetched: its server did not answer as it should]',
      refused,
      refused,
    ])
    // The second call shows the very same, and asks nobody again.
    expect(textsOf(calls[1]!)).toEqual(textsOf(calls[0]!))
    expect(server.received.map(({ path }) => path).toSorted()).toEqual(Object.keys(pages).toSorted())
  })

  test('whose server hangs is given up at the time limit, also within its answer, and many of them together', async () => {
    const server = await startLoopback(({ path, response }) => {
      if (path.startsWith('/slow')) response.writeHead(200).write('\x89PNG')
    })
    const process = await startProcess(server, fetching, 150)
    const startedAt = performance.now()
    await ask(process, Array.from({ length: 40 }, (_, index) => `${server.url}/${index % 2 === 0 ? 'slow' : 'hang'}${index}`))
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    const texts = textsOf(calls[0]!).slice(1)
    expect(new Set(texts)).toEqual(new Set(['[image could not be fetched: its server did not answer as it should]', '[image could not be fetched: the images of this conversation take too long]']))
    expect(texts).toHaveLength(40)
  })

  test('that answers a gigabyte is cut off at the limit of an image', async () => {
    const gigabyte = 1024 * 1024 * 1024
    const piece = Buffer.alloc(256 * 1024)
    let sentBytes = 0
    const closed = Promise.withResolvers<void>()
    const server = await startLoopback(({ response }) => {
      response.on('close', () => closed.resolve())
      response.on('error', () => {})
      const send = (): void => {
        while (sentBytes < gigabyte && !response.destroyed) {
          sentBytes += piece.length
          if (!response.write(piece)) return void response.once('drain', send)
        }
      }
      send()
    })
    await ask(await startProcess(server), [`${server.url}/large`])
    expect(textsOf(calls[0]!)).toEqual(['Look:', '[image could not be fetched: it is larger than 20 MiB]'])
    await closed.promise
    expect(sentBytes).toBeLessThan(100 * 1024 * 1024)
  })

  test('is fetched no longer once its turn is cancelled', async () => {
    const asked = Promise.withResolvers<void>()
    const closed = Promise.withResolvers<void>()
    const server = await startLoopback(({ response }) => {
      response.on('close', () => closed.resolve())
      asked.resolve()
    })
    const process = await startProcess(server)
    const session = await fixture.createSession()
    const content_json = JSON.stringify([{ type: 'image', url: `${server.url}/hang` }])
    const message = fixture.message(session, '', { content_json })
    await process.engine.acceptMessage(message)
    await asked.promise
    await process.engine.cancelTurns({ organization_id: message.organization_id, session_id: session, scope: 'running' })
    const events = await fixture.eventsUntil(process, session, 'session.idled')
    expect(events.map((event) => event.type)).toContain('turn.cancelled')
    await closed.promise
    expect(calls).toEqual([])
  })
})
