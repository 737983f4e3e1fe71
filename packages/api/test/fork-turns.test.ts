import type { Event, Session } from '@reprise/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { answerTo, forkSession, listMessages, withoutIds } from './support/fork.ts'
import { readUntil } from './support/open-stream.ts'
import { recordPrompts, showPrompt } from './support/record-prompts.ts'
import { createSession, listEvents, post, postMessage, scriptMessage, send, textMessage } from './support/requests.ts'
import { runTurn } from './support/run-turn.ts'
import { startServer, type TestServer } from './support/start-server.ts'

const prompts = recordPrompts()
let server: TestServer
let session: Session
beforeAll(async () => {
  server = await startServer({ engine: { createProvider: prompts.createProvider } })
})
afterAll(() => server.close())
beforeEach(async () => {
  session = await createSession(server.url, { tools: [{ type: 'client_side', name: 'ask' }], when_busy: 'steer' })
})

const forked = (body: unknown = '', id = session.id) => forkSession(server.url, id, body)
const say = (text: string, id = session.id) => runTurn(server.url, id, textMessage(text))
const messagesOf = (id = session.id, query = '') => listMessages(server.url, id, query)
const lastPrompt = () => showPrompt(prompts.calls.at(-1)!)
const sequenceOf = (events: Event[], type: string) => events.find((event) => event.type === type)!.sequence

/** A turn that has used up its iterations at once. */
async function failTurn(): Promise<string> {
  await send(`${server.url}/v1/sessions/${session.id}`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"max_iterations":1}' })
  const events = await runTurn(server.url, session.id, scriptMessage([{ tool_calls: [{ name: 'calculator', arguments: { expression: '1+1' } }] }]))
  return events.find(({ type }) => type === 'turn.failed')!.context.turn_id!
}

async function countDurable(): Promise<Record<string, number | undefined>> {
  const read = async (path: string) => (await send<{ total?: number; turns_failed_last_hour?: number }>(`${server.url}/v1/durable/${path}`)).body
  return { workflows: (await read('workflows')).total, dlq: (await read('dlq')).total, failed: (await read('health')).turns_failed_last_hour }
}

describe('of the turns of its source, a fork', () => {
  it('takes, at a sequence, the turns that had ended, and of the one under way what it had said', async () => {
    const [one, two] = [await say('one'), await say('two')]
    const cases: [number, string[]][] = [
      [1, []],
      [sequenceOf(one, 'input.message'), ['user: one']],
      [sequenceOf(one, 'output.message.completed') - 1, ['user: one']],
      [sequenceOf(one, 'output.message.completed'), ['user: one', answerTo('one')]],
      [sequenceOf(one, 'turn.completed'), ['user: one', answerTo('one')]],
      [sequenceOf(two, 'input.message') - 1, ['user: one', answerTo('one')]],
      [sequenceOf(two, 'input.message'), ['user: one', answerTo('one'), 'user: two']],
    ]
    for (const [at_sequence, past] of cases) {
      const copy = await forked({ at_sequence })
      await say('three', copy.id)
      expect(lastPrompt(), `at ${at_sequence}`).toEqual([...past, 'user: three'])
    }
  })


  it('gives every open call an error, between the results that had come and what was said meanwhile', async () => {
    const calls = [1, 2, 3].map((question) => ({ name: 'ask', arguments: { question } }))
    const opening = scriptMessage([{ tool_calls: calls }, { text: 'Thank you.' }])
    await postMessage(server.url, session.id, opening)
    const asked = sequenceOf(await readUntil(server.url, session.id, 'tool.call_requested'), 'tool.call_requested')
    await post(`${server.url}/v1/sessions/${session.id}/tool-results`, { tool_results: [{ tool_call_id: 'call_2', result: { two: 2 } }] })
    const script = `user: ${opening.message.content[0]!.text}`
    const closed = 'not part of this fork'

    const early = await forked({ at_sequence: asked })
    await say('next', early.id)
    expect(lastPrompt()).toEqual([script, 'agent: [call call_1] [call call_2] [call call_3]', ...[1, 2, 3].map((call) => `tool_result: [call_${call}: ${closed}]`), 'user: next'])

    const late = await forked()
    await say('next', late.id)
    expect(lastPrompt().slice(1)).toEqual([
      'agent: [call call_1] [call call_2] [call call_3]', 'tool_result: [call_2: {"two":2}]', `tool_result: [call_1: ${closed}]`, `tool_result: [call_3: ${closed}]`, 'user: next',
    ])
    expect((await messagesOf(late.id)).flatMap(({ content }) => content)).toContainEqual({ type: 'tool_result', tool_call_id: 'call_1', error: closed })

    // The source goes on, and its past can be forked at a point where a message had joined that came to its place later.
    await postMessage(server.url, session.id, { ...textMessage('meanwhile'), controls: { when_busy: 'steer' } })
    await readUntil(server.url, session.id, 'session.idled')
    const meanwhile = (await messagesOf(session.id, 'role=user')).at(-1)!
    const joined = await forked({ at_sequence: meanwhile.sequence })
    await say('next', joined.id)
    const shown = lastPrompt()
    expect(shown.filter((line) => line.startsWith('tool_result')).map((line) => line.slice(14, 20))).toEqual(expect.arrayContaining(['call_1', 'call_2', 'call_3']))
    expect(shown.slice(-2)).toEqual(['user: meanwhile', 'user: next'])
  })


  it('leaves out, while a model answers, what is not committed and what waits behind, and the turn runs on', async () => {
    await say('one')
    await postMessage(server.url, session.id, scriptMessage([{ fail: { kind: 'hang', times: 99 } }]))
    await readUntil(server.url, session.id, 'reason.started')
    for (const text of ['first behind', 'second behind']) await postMessage(server.url, session.id, { ...textMessage(text), controls: { when_busy: 'enqueue' } })
    const copy = await forked()
    const tip = (await listEvents(server.url, session.id)).at(-1)!.sequence
    expect(copy.status).toBe('idle')
    expect((await messagesOf(copy.id)).map(({ role }) => role)).toEqual(['user', 'agent', 'user'])
    expect((await send<Session>(`${server.url}/v1/sessions/${session.id}`)).body.status).toBe('active')

    await post(`${server.url}/v1/sessions/${session.id}/cancel?scope=running`, '')
    await readUntil(server.url, session.id, 'session.idled', { after: tip })
    // Asked later, the same sequence is the same point; the end has the turns that ended since.
    expect((await messagesOf((await forked({ at_sequence: tip })).id)).map(withoutIds)).toEqual((await messagesOf(copy.id)).map(withoutIds))
    await say('next', (await forked()).id)
    expect(lastPrompt().slice(-5)).toEqual(['user: first behind', answerTo('first behind'), 'user: second behind', answerTo('second behind'), 'user: next'])
  })


  it('leaves a turn out of prompts as its source does, and thinking as it came', async () => {
    await say('one')
    await runTurn(server.url, session.id, scriptMessage([{ thinking: 'Hm "é"\n', signature: 'sig', text: 'thought' }]))
    await server.pool.query('UPDATE turns SET excluded_from_prompt = true WHERE session_id = $1 AND ordinal = 1', [session.id])
    const copy = await forked()
    expect((await messagesOf(copy.id)).at(-1)).toMatchObject({ thinking: 'Hm "é"\n', thinking_signature: 'sig' })
    await say('next', copy.id)
    expect(lastPrompt().filter((line) => line.startsWith('user'))).toHaveLength(2)
    expect(prompts.calls.at(-1)!.earlier_turns.flat()).toContainEqual(expect.objectContaining({ thinking: [expect.objectContaining({ text: 'Hm "é"\n', signature: 'sig' })] }))
  })


  it('adds nothing to workflows and dead letters: what was copied did not run here', async () => {
    await failTurn()
    const before = await countDurable()
    await forked()
    expect(await countDurable()).toEqual(before)
    expect(before.dlq).toBeGreaterThan(0)
  })


  it('shows a failed turn as long as it was not posted again', async () => {
    const failed = await failTurn()
    const { last_sequence } = (await server.pool.query<{ last_sequence: number }>('SELECT last_sequence FROM session_heads WHERE session_id = $1', [session.id])).rows[0]!
    expect((await post(`${server.url}/v1/durable/dlq/${failed}/retry`, '')).status).toBe(200)
    await readUntil(server.url, session.id, 'session.idled', { after: last_sequence })
    for (const at_sequence of [last_sequence, null]) {
      await say('next', (await forked({ at_sequence })).id)
      expect(lastPrompt().filter((line) => line.startsWith('user: ```sim'))).toHaveLength(1)
    }
  })
})
