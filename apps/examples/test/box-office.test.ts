import { createRepriseClient, type RepriseClient } from '@reprise/client'
import { createLog, readConfig } from '@reprise/host'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts'
import { startBoxOffice, type BoxOffice } from '../src/index.ts'

let database: TestDatabase
let office: BoxOffice
let client: RepriseClient
let printed: Map<string, string>
let dial: (guest: string, signal: AbortSignal) => Promise<string>

beforeAll(async () => {
  database = await createTestDatabase()
  const config = readConfig({ PORT: '0', DATABASE_URL: database.connectionString, REPRISE_LOG_LEVEL: 'silent' })
  office = await startBoxOffice(config, createLog(config), {
    printer: { print: async (jobKey, text) => void printed.set(jobKey, text) },
    dial: (guest, signal) => dial(guest, signal),
  })
  client = createRepriseClient({ url: office.address })
})
afterAll(async () => {
  await office.stop()
  await database.drop()
})
beforeEach(() => {
  printed = new Map()
})

interface ToolCompleted {
  success: boolean
  result?: unknown
  error?: string
}

async function start(...tool_calls: { name: string; arguments: object }[]): Promise<string> {
  const { id } = await client.sessions.create.mutate({ capabilities: [{ ref: 'box_office' }], parallel_tool_calls: false })
  const text = `\`\`\`sim\n${JSON.stringify({ steps: [{ tool_calls }, { text: 'Done.' }] })}\n\`\`\``
  await client.messages.create.mutate({ session_id: id, message: { content: [{ type: 'text', text }] } })
  return id
}

/** The session's events up to the first of a type. */
async function eventsUntil(session_id: string, type: string) {
  const events: { type: string; data: Record<string, unknown> }[] = []
  const reached = Promise.withResolvers<void>()
  const subscription = client.events.subscribe.subscribe(
    { session_id },
    {
      onData({ data: event }) {
        events.push(event)
        if (event.type === type) reached.resolve()
      },
      onError: (error) => reached.reject(error),
    },
  )
  await reached.promise.finally(() => subscription.unsubscribe())
  return events
}

async function run(...calls: Parameters<typeof start>): Promise<ToolCompleted[]> {
  const events = await eventsUntil(await start(...calls), 'session.idled')
  return events.filter((event) => event.type === 'tool.completed').map((event) => event.data as unknown as ToolCompleted) // by its type
}

it('writes to its own table together with the result, and refuses what is taken', async () => {
  const reserve = (holder: string) => ({ name: 'reserve_seat', arguments: { seat: 'A1', holder } })
  expect(await run(reserve('Ada'), reserve('Bob'))).toMatchObject([
    { success: true, result: { seat: 'A1', holder: 'Ada' } },
    { success: false, error: 'Seat A1 is taken.' },
  ])
  expect(await run({ name: 'reserve_seat', arguments: { seat: 'row one', holder: 'Eve' } })).toMatchObject([{ success: false, error: expect.stringContaining('seat: must be a row and a number') }])
})

it('gives a seat back only when somebody approves', async () => {
  await run({ name: 'reserve_seat', arguments: { seat: 'B2', holder: 'Ada' } })
  const release = { name: 'release_seat', arguments: { seat: 'B2' } }
  const decide = async (decision: 'approve' | 'deny'): Promise<Record<string, unknown> | undefined> => {
    const session_id = await start(release)
    await eventsUntil(session_id, 'tool.approval_requested')
    await client.sessions.submitToolApprovals.mutate({ session_id, approvals: [{ tool_call_id: 'call_1', decision }] })
    return (await eventsUntil(session_id, 'session.idled')).find((event) => event.type === 'tool.completed')?.data
  }
  expect(await decide('deny')).toMatchObject({ success: false, error: 'The call was not approved.' })
  expect(await decide('approve')).toMatchObject({ success: true, result: { released: 'B2' } })
})

it('tells whoever watches how far it is', async () => {
  const events = await eventsUntil(await start({ name: 'print_tickets', arguments: { seats: ['A1', 'A2'] } }), 'session.idled')
  expect(events.filter((event) => event.type === 'tool.progress').map((event) => event.data['message'])).toEqual(['Printed 1 of 2.', 'Printed 2 of 2.'])
  expect([...printed.values()]).toEqual(['Admit one: A1', 'Admit one: A2'])
  expect(new Set(printed.keys()).size).toBe(2)
})

it('hangs up when its turn is cancelled', async () => {
  const called = Promise.withResolvers<void>()
  const hungUp = Promise.withResolvers<void>()
  dial = (_guest, signal) => {
    called.resolve()
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        hungUp.resolve()
        reject(signal.reason as Error)
      })
    })
  }
  const session_id = await start({ name: 'call_guest', arguments: { guest: 'Ada' } })
  await called.promise
  await client.sessions.cancel.mutate({ session_id })
  await hungUp.promise
  const events = await eventsUntil(session_id, 'session.idled')
  expect(events.find((event) => event.type === 'tool.completed')?.data).toMatchObject({ status: 'outcome_unknown' })
})
