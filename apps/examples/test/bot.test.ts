import { createRepriseClient, type RepriseClient } from '@reprise/client'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startServer, type TestServer } from '../../../packages/api/test/support/start-server.ts'
import { askBot, createShoppingTools, openBotSession, resumeBot, ShoppingList, type BotOptions } from '../src/index.ts'

let server: TestServer
let client: RepriseClient
let list: ShoppingList
beforeAll(async () => {
  server = await startServer()
  client = createRepriseClient({ url: server.url })
})
afterAll(() => server.close())
beforeEach(() => {
  list = new ShoppingList(null)
})

function makeBot(): BotOptions & { output: PassThrough } {
  return { client, tools: createShoppingTools(list), output: new PassThrough() }
}

const script = (...steps: object[]) => '```sim\n' + JSON.stringify({ steps }) + '\n```'
const add = (item: string, quantity = 1) => ({ name: 'add_item', arguments: { item, quantity } })
const readResults = async (session_id: string) => (await client.messages.list.query({ session_id, role: 'tool_result' })).flatMap(({ content }) => content)

it('runs its own tools as the model calls them, and tells it what it got', async () => {
  const bot = makeBot()
  const session = await openBotSession(client, bot.tools)
  await askBot(bot, session, script({ tool_calls: [add('apples', 2), add('bread')] }, { tool_calls: [{ name: 'list_items', arguments: {} }] }, { text: 'All there.' }))
  expect(list.items).toEqual([{ item: 'apples', quantity: 2 }, { item: 'bread', quantity: 1 }])
  expect((await readResults(session)).at(-1)).toMatchObject({ result: { items: list.items } })
  expect(bot.output.read()?.toString()).toMatch(/^\[add_item\] {"item":"apples","quantity":2}\n\[add_item\] {"item":"bread","quantity":1}\n\[add_item\] → {"items":\d}\n[^]*\[list_items\] {}\n[^]*\nAll there\.\n$/)
})

it('tells the model of arguments that do not fit', async () => {
  const bot = makeBot()
  // The bot's own check: the session knows nothing of the tool's schema.
  const { id } = await client.sessions.create.mutate({ tools: [{ type: 'client_side', name: 'add_item' }, { type: 'client_side', name: 'dance' }] })
  await askBot(bot, id, script({ tool_calls: [{ name: 'add_item', arguments: { item: 7 } }, { name: 'dance', arguments: {} }] }, { text: 'Oh.' }))
  expect(await readResults(id)).toMatchObject([{ error: expect.stringMatching(/^Invalid arguments: .*expected string[^]*item/) }, { error: 'This bot has no tool dance' }])
  expect(list.items).toEqual([])
})

it('that ended before it could answer is taken up by the next one, and does nothing twice', async () => {
  const crash = new AbortController()
  const bot = { ...makeBot(), signal: crash.signal }
  const session = await openBotSession(client, bot.tools)
  const put = list.put.bind(list)
  list.put = (key, item) => {
    put(key, item)
    // Between what the tool did and the answer.
    crash.abort(new Error('crashed'))
  }
  await expect(askBot(bot, session, script({ tool_calls: [add('apples')] }, { text: 'Done.' }))).rejects.toThrow('crashed')
  expect(await readResults(session)).toEqual([])

  const next = makeBot()
  expect(await resumeBot(next, session)).toBe(true)
  expect(list.items).toEqual([{ item: 'apples', quantity: 1 }])
  expect(await readResults(session)).toMatchObject([{ result: { items: 1 } }])
  expect(next.output.read()?.toString()).toContain('Done.')
  expect(await resumeBot(next, session)).toBe(false)
})

it('may run twice at once: one answers, both see the end', async () => {
  const bots = [makeBot(), makeBot()]
  const session = await openBotSession(client, bots[0]!.tools)
  const asking = askBot(bots[0]!, session, script({ tool_calls: [add('apples')] }, { text: 'Done.', ttft_ms: 300 }))
  await expect.poll(() => resumeBot(bots[1]!, session)).toBe(true)
  await asking
  expect(list.items).toHaveLength(1)
  for (const { output } of bots) expect(output.read()?.toString()).toMatch(/Done\.\n$/)
})
