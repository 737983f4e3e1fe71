import type { Event, ToolDefinition } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openEngineFixture, script, type EngineFixture, type EngineProcess } from './support/engine-fixture.ts'
import { startPlace, type Place } from './support/start-place.ts'

let fixture: EngineFixture
let process: EngineProcess
let place: Place
beforeAll(async () => {
  fixture = await openEngineFixture()
  place = await startPlace((_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('"sent"'))
  process = await fixture.startProcess({ egressAllow: [place.address] })
})
afterAll(async () => {
  await fixture.close()
  await place.close()
})

const ofType = (events: Event[], type: string) => events.filter((event) => event.type === type)
const parameters = { type: 'object', properties: { filters: { type: 'array', items: { type: 'object', properties: { value: { type: 'number' } } } } }, required: ['filters'] }
const good = { filters: [{ value: 1 }] }
const bad = { filters: [{ value: 'x' }] }
const fault = 'Invalid arguments: filters[0].value must be a number'

const webhook = (): ToolDefinition => ({ type: 'webhook', name: 'hook', description: '', parameters, url: `${place.url}/hook`, effects: 'at_most_once' })
const ask: ToolDefinition = { type: 'client_side', name: 'ask', description: '', parameters }

async function start(tools: ToolDefinition[], calls: { name: string; arguments?: unknown }[], more: object[] = [{ text: 'Done.' }]): Promise<string> {
  const sessionId = await fixture.createSession({ tools, capabilities: [{ ref: 'calculator' }] })
  await process.engine.acceptMessage(fixture.message(sessionId, script([{ tool_calls: calls }, ...more])))
  return sessionId
}

async function runToEnd(...args: Parameters<typeof start>): Promise<Event['data'][]> {
  const events = await fixture.eventsUntil(process, await start(...args), 'session.idled')
  expect(ofType(events, 'turn.completed')).toHaveLength(1)
  return ofType(events, 'tool.completed').map((event) => event.data)
}

test('a webhook is not called with arguments that its schema refuses, and the model may mend them', async () => {
  const results = await runToEnd([webhook()], [{ name: 'hook', arguments: bad }], [{ tool_calls: [{ name: 'hook', arguments: good }] }, { text: 'Done.' }])
  expect(results).toMatchObject([{ success: false, status: 'error', error: fault }, { success: true, result: 'sent' }])
  expect(place.requests).toHaveLength(1)
})

test('a caller is asked for the possible calls alone', async () => {
  const sessionId = await start([ask], [{ name: 'ask', arguments: bad }, { name: 'ask', arguments: good }])
  const events = await fixture.eventsUntil(process, sessionId, 'tool.call_requested')
  expect(ofType(events, 'tool.call_requested')[0]?.data).toMatchObject({ tool_calls: [{ id: 'call_2' }] })
  expect(ofType(events, 'tool.completed')[0]?.data).toMatchObject({ tool_call_id: 'call_1', success: false, error: fault })
  await process.engine.submitToolResults({ organization_id: seeded.organization_id, session_id: sessionId, results: [{ tool_call_id: 'call_2', result: 1 }] })
  await fixture.eventsUntil(process, sessionId, 'turn.completed')
})

test.for([
  ['text that is no JSON', '{"expression": "1+', 'and are not valid JSON'],
  ['a string', '"1+1"', 'and are a string'],
  ['an array', ['1+1'], 'and are an array'],
  ['a number', 7, 'and are a number'],
  ['null', null, 'and are missing'],
])('arguments that are %s get an error that says so, from every kind of tool', async ([, args, words]) => {
  const names = ['hook', 'ask', 'calculator']
  const before = place.requests.length
  const results = await runToEnd([webhook(), ask], names.map((name) => ({ name, arguments: args })))
  expect(results).toHaveLength(3)
  for (const result of results) expect(result).toMatchObject({ success: false, error: `Invalid arguments: they must be a JSON object, ${words}` })
  expect(place.requests).toHaveLength(before)
})

test('a call of a tool that is not there is told so, whatever its arguments', async () => {
  expect(await runToEnd([], [{ name: 'nobody', arguments: '{' }])).toMatchObject([{ success: false, error: 'There is no tool named nobody.' }])
})

test('a schema with a pathological pattern ends its call in bounded time, and holds up no other turn', async () => {
  const slow: ToolDefinition = { ...ask, parameters: { type: 'object', properties: { name: { type: 'string', pattern: '^(a+)+$' } } } }
  const attack = { name: `${'a'.repeat(50)}!` }
  const startedAt = performance.now()
  const slowTurn = runToEnd([slow], [{ name: 'ask', arguments: attack }, { name: 'ask', arguments: attack }])
  expect(await runToEnd([], [{ name: 'calculator', arguments: { expression: '6*7' } }])).toMatchObject([{ success: true }])
  const results = await slowTurn
  expect(results).toHaveLength(2)
  for (const { error } of results) expect(error).toMatch(/^The arguments could not be checked: the tool’s schema took /)
  expect(performance.now() - startedAt).toBeLessThan(15_000)
})

test('whoever takes a turn up judges its calls anew, and runs none that is impossible', async () => {
  const before = place.requests.length
  const hanging = await startPlace(() => {})
  const away = await fixture.startProcess({ graceMs: 0, egressAllow: [hanging.address] })
  const tools: ToolDefinition[] = [{ ...webhook(), name: 'hang', url: `${hanging.url}/`, effects: 'idempotent' } as ToolDefinition, webhook()]
  const sessionId = await fixture.createSession({ tools, parallel_tool_calls: false })
  await away.engine.acceptMessage(fixture.message(sessionId, script([{ tool_calls: [{ name: 'hang', arguments: good }, { name: 'hook', arguments: bad }] }, { text: 'Done.' }])))
  await hanging.reached()
  await away.stop()
  await hanging.close()
  const events = await fixture.eventsUntil(process, sessionId, 'session.idled')
  expect(ofType(events, 'tool.completed').map((event) => event.data)).toMatchObject([{ tool_name: 'hang', success: false }, { tool_name: 'hook', success: false }])
  expect(place.requests).toHaveLength(before)
})
