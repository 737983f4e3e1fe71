import type { Event, Session, Usage } from '@reprise/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createModel, createProvider, patch } from './support/providers.ts'
import { createSession, scriptMessage, send, textMessage } from './support/requests.ts'
import { runTurn } from './support/run-turn.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let modelId: string
const prices = { input: 3, output: 0.7 }
beforeAll(async () => {
  server = await startServer()
  modelId = (await createModel(server.url, (await createProvider(server.url, { provider_type: 'sim' })).id, { prices })).id
})
afterAll(() => server.close())

const readUsage = async (sessionId: string) => (await send<Session>(`${server.url}/v1/sessions/${sessionId}`)).body.usage
const usageOf = (events: Event[], type: string) => events.find((event) => event.type === type)!.data['usage'] as Usage
const costOf = ({ input_tokens, output_tokens }: Usage) => Math.round(input_tokens * prices.input + output_tokens * prices.output) / 1e6

it('a session that was never answered has used nothing', async () => {
  expect((await createSession(server.url)).usage).toEqual({ input_tokens: 0, output_tokens: 0 })
  expect(await readUsage((await createSession(server.url)).id)).toEqual({ input_tokens: 0, output_tokens: 0 })
})

it('each call, turn and session says what it cost, by the prices of that time', async () => {
  const { id } = await createSession(server.url, { model_id: modelId })
  const events = await runTurn(server.url, id, scriptMessage([{ text: 'a', tool_calls: [{ name: 'current_time', arguments: {} }] }, { text: 'b' }]))
  const calls = events.filter(({ type }) => type === 'llm.generation').map(({ data }) => (data['metadata'] as { usage: Usage }).usage)
  expect(calls).toHaveLength(2)
  for (const call of calls) expect(call.cost_usd).toBe(costOf(call))
  const turn = usageOf(events, 'turn.completed')
  expect(turn.cost_usd).toBeCloseTo(calls[0]!.cost_usd! + calls[1]!.cost_usd!, 6)
  expect(turn.cost_usd!.toString()).toMatch(/^0\.\d{1,6}$/)
  expect(usageOf(events, 'session.idled')).toEqual(turn)
  expect(await readUsage(id)).toEqual(turn)

  // What was paid was paid.
  await patch(`${server.url}/v1/models/${modelId}`, { prices: { input: 1_000, output: 1_000 } })
  expect(await readUsage(id)).toEqual(turn)
  const dear = usageOf(await runTurn(server.url, id, textMessage('again')), 'turn.completed')
  expect(dear.cost_usd).toBe((dear.input_tokens + dear.output_tokens) / 1_000)
  const total = await readUsage(id)
  expect(total.input_tokens).toBe(turn.input_tokens + dear.input_tokens)
  expect(total.cost_usd).toBeCloseTo(turn.cost_usd! + dear.cost_usd!, 6)
  await patch(`${server.url}/v1/models/${modelId}`, { prices })
})

it('what a model without prices costs is not made up', async () => {
  const { id } = await createSession(server.url)
  const usage = usageOf(await runTurn(server.url, id, textMessage('x')), 'turn.completed')
  expect(usage.input_tokens).toBeGreaterThan(0)
  expect(usage).not.toHaveProperty('cost_usd')
  expect(await readUsage(id)).toEqual(usage)
})
