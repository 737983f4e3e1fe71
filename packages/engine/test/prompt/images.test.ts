import { Buffer } from 'node:buffer'
import { createCompute, type Compute } from '@reprise/compute'
import { newId, type ContentPart } from '@reprise/contract'
import { insertImage, seeded } from '@reprise/store'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { noise } from '../../../compute/test/sample-images.ts'
import { ModelError, type ImageLimits, type LoadedImage, type ModelCall, type PromptPart } from '../../src/index.ts'
import { createSimProvider } from '../../src/models/sim/sim-provider.ts'
import { FittedImages } from '../../src/prompt/fitted-images.ts'
import { openEngineFixture, type EngineFixture, type EngineProcess } from '../support/engine-fixture.ts'

let fixture: EngineFixture
let process: EngineProcess
let compute: Compute
/** What was fitted, in order. */
let fitted: ImageLimits[] = []
/** Every call that was made, and what it loaded. */
let calls: { call: ModelCall; loaded: LoadedImage[][] }[] = []
let limits: ImageLimits
/** How the model answers its calls, from the first: with a tool call, a fault or, at the end, a text. */
let answers: ('tool' | 'fault')[] = []

const small: ImageLimits = { takesUrls: false, mediaTypes: ['image/png', 'image/jpeg'], bytesMax: 1_000_000, edgePixelsMax: 50 }

beforeAll(async () => {
  fixture = await openEngineFixture()
  const threads = createCompute({ threads: 1 })
  compute = { ...threads, fitImage: (bytes, options) => (fitted.push(limits), threads.fitImage(bytes, options)) }
  process = await fixture.startProcess({ compute, createProvider: () => ({ ...createSimProvider(), get images() { return limits }, stream }) })
})
afterAll(async () => {
  await fixture.close()
  await compute.stop()
})
beforeEach(() => {
  fitted = []
  calls = []
  answers = []
  // No two tests have the same, so that none finds what another has fitted.
  limits = { ...small, bytesMax: small.bytesMax + Math.floor(Math.random() * 100_000) }
})

/** Loads every image that the prompt shows, twice at once, as an adapter may. */
async function* stream(call: ModelCall) {
  const shown = [...call.earlier_turns.flat(), ...call.messages].flatMap((message): readonly PromptPart[] => {
    if (message.role === 'user') return message.content
    return message.role === 'tool_result' ? message.content.flatMap((part) => part.images ?? []) : []
  })
  const loads = shown.flatMap((part) => (part.type === 'image' && part.load ? [part.load] : []))
  calls.push({ call, loaded: await Promise.all(loads.map((load) => Promise.all([load(), load()]))) })
  const answer = answers[calls.length - 1]
  if (answer === 'fault') throw new ModelError('server_error', 'not now')
  if (answer === 'tool') yield { type: 'tool_call' as const, id: 'call', name: 'current_time', arguments: {} }
  else yield { type: 'text_delta' as const, delta: 'I see.' }
  yield { type: 'finished' as const, finish_reason: 'stop' as const, usage: { input_tokens: 1, output_tokens: 1 }, response_id: null }
}

async function storeImage(bytes: Buffer): Promise<string> {
  const checked = await compute.checkImage(new Uint8Array(bytes))
  if (!checked.ok) throw new Error(checked.refusal.message)
  const { sha256, media_type, width, height, thumbnail, thumbnail_media_type } = checked.value
  const stored = await insertImage(fixture.pool, {
    organization_id: seeded.organization_id, id: newId('image'), sha256, filename: null, uploaded: true, media_type, width, height,
    bytes: checked.value.bytes, thumbnail, thumbnail_media_type,
  })
  return stored.id
}

/** Another size is another picture. */
const draw = (width: number, height: number) => noise(width, height).png().toBuffer()

/** Posts content, waits for the turn's end, and answers its outcome. */
async function ask(content: ContentPart[], sessionId?: string, turns = 1): Promise<string> {
  const session = sessionId ?? (await fixture.createSession())
  const image_ids = content.flatMap((part) => (part.type === 'image_file' ? [part.image_id] : []))
  await process.engine.acceptMessage(fixture.message(session, '', { content_json: JSON.stringify(content), image_ids }))
  await fixture.eventsUntil(process, session, 'session.idled', turns)
  return session
}

async function look({ media_type, base64 }: LoadedImage) {
  const checked = await compute.checkImage(new Uint8Array(Buffer.from(base64, 'base64')), { declared_media_type: media_type })
  return checked.ok ? { media_type, width: checked.value.width, height: checked.value.height } : checked.refusal
}

describe('a stored image', () => {
  test('is fitted once over three calls of a turn and their attempts, and every call gets the same', async () => {
    const image_id = await storeImage(await draw(200, 100))
    answers = ['tool', 'fault', 'tool']
    await ask([{ type: 'text', text: 'What is this?' }, { type: 'image_file', image_id }])
    expect(calls).toHaveLength(4)
    expect(fitted).toHaveLength(1)
    const images = calls.flatMap(({ loaded }) => loaded.flat())
    expect(images).toHaveLength(8)
    expect(new Set(images).size).toBe(1)
    expect(await look(images[0]!)).toEqual({ media_type: 'image/jpeg', width: 50, height: 25 })
  })

  test('that fits reaches the model byte for byte', async () => {
    const bytes = await draw(40, 30)
    await ask([{ type: 'image_file', image_id: await storeImage(bytes) }])
    expect(calls[0]!.loaded[0]![0]).toEqual({ media_type: 'image/png', base64: bytes.toString('base64') })
  })

  test('of an earlier turn is not fitted again while it is remembered, and is when the model takes other images', async () => {
    const session = await ask([{ type: 'image_file', image_id: await storeImage(await draw(300, 300)) }])
    await ask([{ type: 'text', text: 'And now?' }], session, 2)
    expect(calls[1]!.loaded).toHaveLength(1)
    expect(fitted).toHaveLength(1)
    limits = { ...limits, edgePixelsMax: 20 }
    await ask([{ type: 'text', text: 'And now?' }], session, 3)
    expect(fitted).toHaveLength(2)
    expect(await look(calls[2]!.loaded[0]![0]!)).toMatchObject({ width: 20 })
  })

  test('that a tool returned is shown beside its result', async () => {
    const image_id = await storeImage(await draw(90, 90))
    answers = ['tool']
    const session = await ask([{ type: 'text', text: 'Show it to me.' }])
    // As the compute task of tool results stores it.
    const content = [{ type: 'tool_result', tool_call_id: 'call', result: 'a picture', images: [{ image_id, media_type: 'image/png' }] }]
    await fixture.pool.query(`UPDATE messages SET content = $2 WHERE session_id = $1 AND role = 'tool_result'`, [session, JSON.stringify(content)])
    const other = await fixture.startProcess({ compute, createProvider: () => ({ ...createSimProvider(), get images() { return limits }, stream }) })
    await other.engine.acceptMessage(fixture.message(session, 'What was it?'))
    await fixture.eventsUntil(other, session, 'session.idled', 2)
    const { call, loaded } = calls.at(-1)!
    expect(call.earlier_turns[0]![2]).toMatchObject({ content: [{ result: 'a picture', images: [{ type: 'image', image_id, media_type: 'image/png' }] }] })
    expect(await look(loaded[0]![0]!)).toMatchObject({ width: 50, height: 50 })
  })
})

describe('fitted images that are remembered', () => {
  const image = (size: number): LoadedImage => ({ media_type: 'image/png', base64: 'a'.repeat(size) })

  test('are bounded by their characters, and those used last stay', () => {
    const images = new FittedImages(100)
    images.keep('a', image(40))
    images.keep('b', image(40))
    expect(images.find('a')).not.toBeNull()
    images.keep('c', image(40))
    expect([images.find('a') !== null, images.find('b') !== null, images.find('c') !== null]).toEqual([true, false, true])
    images.keep('d', image(101))
    expect([images.find('a'), images.find('c'), images.find('d')]).toEqual([null, null, null])
    images.keep('e', image(100))
    expect(images.find('e')).not.toBeNull()
  })
})
