import { newId, type Event } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTool, ModelError, type ModelCall, type ModelChunk } from '../../src/index.ts'
import { openEngineFixture, type EngineFixture, type EngineProcess } from '../support/engine-fixture.ts'
import { speakAs } from '../support/speak-as.ts'

let fixture: EngineFixture
let process: EngineProcess
/** A model with room for 1,750 tokens of prompt. */
let model_id: string
let calls: ModelCall[] = []
/** How the model answers each call, from the first. */
let answers: ((signal: AbortSignal) => AsyncIterable<ModelChunk>)[] = []

const read = defineTool({ name: 'read', description: 'Reads.', input: z.object({}), effects: 'idempotent', run: () => ({ ok: true, result: 'word '.repeat(550) }) })
const options = { capabilities: [{ ref: 'reading', description: '', tools: [read] }], createProvider: speakAs(stream) }

beforeAll(async () => {
  fixture = await openEngineFixture()
  process = await fixture.startProcess(options)
  model_id = newId('model')
  await fixture.pool.query(
    `INSERT INTO models (organization_id, id, provider_id, model, display_name, context_window, supports_images, supports_tools) VALUES ($1, $2, $3, 'tiny', 'Tiny', 2000, true, true)`,
    [seeded.organization_id, model_id, seeded.provider_id],
  )
})
afterAll(() => fixture.close())
beforeEach(() => {
  calls = []
  answers = []
})

const finished: ModelChunk = { type: 'finished', finish_reason: 'stop', usage: { input_tokens: 1, output_tokens: 1 }, response_id: null }

async function* say(text: string): AsyncGenerator<ModelChunk> {
  yield { type: 'text_delta', delta: text }
  yield finished
}
async function* callTool(): AsyncGenerator<ModelChunk> {
  yield { type: 'tool_call', id: 'call', name: 'read', arguments: {} }
  yield finished
}
// oxlint-disable-next-line require-yield
async function* fail(error: ModelError): AsyncGenerator<ModelChunk> {
  throw error
}

function stream(call: ModelCall, signal: AbortSignal): AsyncIterable<ModelChunk> {
  calls.push(call)
  return (answers[calls.length - 1] ?? (() => say('yes')))(signal)
}

const createSession = () => fixture.createSession({ capabilities: [{ ref: 'reading' }] })

/** Posts a text and answers the events of its turn. */
async function ask(sessionId: string, text: string, turns: number, on = process): Promise<Event[]> {
  await on.engine.acceptMessage(fixture.message(sessionId, text, { model_id }))
  const events = await fixture.eventsUntil(on, sessionId, 'session.idled', turns)
  return events.slice(events.findLastIndex((event) => event.type === 'input.message'))
}

const typesOf = (events: Event[]) => events.map((event) => event.type)
const compacted = (events: Event[]) => events.filter((event) => event.type === 'context.compacted').map((event) => event.data)
/** In short, which results a prompt shows. */
const resultsOf = (call: ModelCall) =>
  call.messages.flatMap((message) => (message.role === 'tool_result' ? message.content.map(({ result }) => (result === '[tool result dropped to fit the context window]' ? 'dropped' : 'whole')) : []))

describe('a prompt that grows over the window', () => {
  test('within a turn loses its oldest tool results, told once, and the calls after it show the same beginning', async () => {
    const tools = () => callTool()
    answers = [tools, tools, tools, () => fail(new ModelError('server_error', 'not now')), () => say('done')]
    const events = await ask(await createSession(), 'Read.', 1)
    expect(typesOf(events)).toContain('turn.completed')
    expect(calls.map(resultsOf)).toEqual([[], ['whole'], ['whole', 'whole'], ['dropped', 'whole', 'whole'], ['dropped', 'whole', 'whole']])
    expect(compacted(events)).toEqual([{ strategy_used: 'drop_tool_results', messages_before: 7, messages_after: 7, duration_ms: expect.any(Number) }])
    const types = typesOf(events)
    expect(types.filter((type) => type === 'context.compacting')).toHaveLength(1)
    expect(types.indexOf('context.compacted')).toBe(types.indexOf('context.compacting') + 1)
    expect(types.slice(types.indexOf('context.compacted')).indexOf('reason.started')).toBe(1)
  })

  test('from turn to turn loses whole turns, now and then', async () => {
    const session = await createSession()
    const told: unknown[] = []
    for (let turn = 1; turn <= 12; turn++) told.push(...compacted(await ask(session, `${turn} ${'word '.repeat(200)}`, turn)))
    expect(told.length).toBeGreaterThan(1)
    expect(told.length).toBeLessThan(6)
    expect(told[0]).toMatchObject({ strategy_used: 'drop_turns' })
    const { messages_before, messages_after } = told[0] as { messages_before: number; messages_after: number }
    expect(messages_before - messages_after).toBeGreaterThanOrEqual(2)
    // Between two compactions nothing that was shown is taken away.
    const firstShown = calls.slice(1).map((call) => JSON.stringify(call.earlier_turns[0]))
    expect(new Set(firstShown).size).toBe(told.length + 1)
  })

  test('is the same for the process that takes the turn over, and told no second time', async () => {
    const first = await fixture.startProcess({ ...options, graceMs: 0 })
    const session = await createSession()
    for (let turn = 1; turn <= 6; turn++) await ask(session, `${turn} ${'word '.repeat(200)}`, turn, first)
    calls = []
    const reached = Promise.withResolvers<void>()
    answers = [
      async function* (signal) {
        yield { type: 'text_delta', delta: 'half of it' }
        reached.resolve()
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
      },
    ]
    await first.engine.acceptMessage(fixture.message(session, `last ${'word '.repeat(700)}`, { model_id }))
    await reached.promise
    await fixture.eventsUntil(first, session, 'output.message.delta', 7)
    await first.stop()
    const events = await fixture.eventsUntil(process, session, 'session.idled', 7)
    expect(typesOf(events)).toContain('reason.recovered')
    expect(calls).toHaveLength(2)
    const prompts = calls.map(({ earlier_turns, messages }) => JSON.stringify([earlier_turns, messages]))
    expect(prompts[1]).toBe(prompts[0])
    expect(compacted(events.slice(events.findLastIndex((event) => event.type === 'input.message')))).toHaveLength(1)
  })
})

describe('a prompt that fits in no way', () => {
  test('fails its turn clearly before any call, and the session goes on', async () => {
    const session = await createSession()
    const events = await ask(session, 'word '.repeat(3_000), 1)
    const failed = events.find((event) => event.type === 'turn.failed')
    expect(failed?.data).toMatchObject({ error_code: 'context_too_large', error: 'The conversation no longer fits into the model’s context window.' })
    expect(typesOf(events)).not.toContain('reason.started')
    expect(typesOf(events)).not.toContain('context.compacting')
    expect(calls).toEqual([])
    expect(typesOf(await ask(session, 'Short.', 2))).toContain('turn.completed')
  })

  test('fails its turn where the model is not to have prompts made shorter', async () => {
    await fixture.pool.query('UPDATE models SET compaction = false WHERE id = $1', [model_id])
    answers = [callTool, callTool, callTool]
    const events = await ask(await createSession(), 'Read three times.', 1)
    await fixture.pool.query('UPDATE models SET compaction = true WHERE id = $1', [model_id])
    expect(events.find((event) => event.type === 'turn.failed')?.data).toMatchObject({ error_code: 'context_too_large' })
    expect(typesOf(events)).not.toContain('context.compacting')
    expect(calls.length).toBeLessThan(4)
  })

  test('in the provider’s eyes fails its turn likewise, and is not sent again', async () => {
    answers = [() => fail(new ModelError('context_too_large', 'prompt is too long'))]
    const events = await ask(await createSession(), 'Hello.', 1)
    expect(events.find((event) => event.type === 'turn.failed')?.data).toMatchObject({ error_code: 'context_too_large' })
    expect(calls).toHaveLength(1)
  })
})
