import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { KnownEvent } from '../src/demo/read-events.ts'
import { DatabaseServers, type DatabaseServer } from './support/database-servers.ts'
import { followUntil } from './support/follow-session.ts'
import { createSession } from './support/post-message.ts'
import { postUntilAccepted } from './support/post-until-accepted.ts'
import { watchSession, type SessionWatch } from './support/watch-session.ts'

const oneTool = [{ tool_calls: [{ name: 'calculator', arguments: { expression: '6 * 7' } }] }, { text: 'Six times seven is 42.', ttft_ms: 150 }]
/** More than four seconds: longer than a server that stops waits for its turns. */
const slow = [{ text: 'Slowly, '.repeat(45), tokens_per_second: 20 }]
const sessionsOfEach = 6
const postersOfOneTool = 2
const messagesMin = 200
const exitMsMax = 10_000

let servers: DatabaseServers
/** Ends the clients, who would not give up by themselves. */
let over: AbortController

beforeEach(async () => {
  servers = await DatabaseServers.create()
  over = new AbortController()
})

afterEach(async () => {
  over.abort()
  await servers.remove()
})

test('servers replaced one by one under load lose nothing, repeat nothing and cut nobody off', { timeout: 60_000 }, async () => {
  const running = await Promise.all([servers.start('all'), servers.start('all'), servers.start('all')])
  const nextAddress = takeTurns(running)
  const accepted = new Map<string, string[]>()
  const watches = new Map<string, SessionWatch>()
  const replaced = new AbortController()

  async function postAgainAndAgain(sessionId: string, steps: object[]): Promise<void> {
    while (!replaced.signal.aborted || countAll(accepted) < messagesMin) {
      accepted.get(sessionId)!.push((await postUntilAccepted(nextAddress, sessionId, steps, over.signal)).id)
    }
  }

  const posters: Promise<void>[] = []
  for (let index = 0; index < 2 * sessionsOfEach; index++) {
    const sessionId = await createSession(nextAddress())
    accepted.set(sessionId, [])
    watches.set(sessionId, watchSession(nextAddress, sessionId, over.signal))
    if (index % 2 === 0) posters.push(postAgainAndAgain(sessionId, slow))
    else for (let poster = 0; poster < postersOfOneTool; poster++) posters.push(postAgainAndAgain(sessionId, oneTool))
  }

  const replacing = replaceOneByOne(running).finally(() => replaced.abort())
  await Promise.all([replacing, ...posters])
  for (const [sessionId, { events }] of watches) {
    await vi.waitFor(() => expect(countEnded(events), sessionId).toBe(accepted.get(sessionId)!.length), { timeout: 20_000 })
  }
  over.abort()
  await Promise.all([...watches.values()].map(({ done }) => done))

  const endings = [...watches.values()].flatMap((watch) => watch.endings)
  expect(endings).not.toContain('cut off')
  expect(endings.length).toBeGreaterThanOrEqual(running.length)
  for (const [sessionId, messageIds] of accepted) {
    const seen = watches.get(sessionId)!.events
    checkSession(seen, messageIds)
    // What the watch saw over all its connections is what is stored.
    const last = seen.at(-1)!.sequence
    const stored = await followUntil(nextAddress(), sessionId, ({ sequence }) => sequence === last)
    expect(seen).toEqual(stored)
  }
})

/** Gives the address of one server after the other. A server stays in the list until its successor is ready, as with a slow balancer. */
function takeTurns(running: readonly DatabaseServer[]): () => string {
  let turn = 0
  return () => running[turn++ % running.length]!.address
}

async function replaceOneByOne(running: DatabaseServer[]): Promise<void> {
  for (const [index, server] of running.entries()) {
    const toldAt = performance.now()
    server.signal('SIGTERM')
    expect(await server.ended, server.output().stderr).toBe(0)
    expect(performance.now() - toldAt).toBeLessThan(exitMsMax)
    running[index] = await servers.start('all')
  }
}

function countAll(accepted: ReadonlyMap<string, readonly string[]>): number {
  return [...accepted.values()].reduce((sum, ids) => sum + ids.length, 0)
}

function countEnded(events: readonly KnownEvent[]): number {
  return events.filter(({ type }) => type === 'turn.completed' || type === 'turn.failed' || type === 'turn.cancelled').length
}

/** Every message that was accepted is there once, was answered once, and its deltas make up what was answered. */
function checkSession(events: readonly KnownEvent[], messageIds: readonly string[]): void {
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
  const inputs: string[] = []
  const answered: string[] = []
  let said = ''
  for (const event of events) {
    expect(['turn.failed', 'turn.cancelled']).not.toContain(event.type)
    if (event.type === 'input.message') inputs.push(event.data.message.id)
    if (event.type === 'turn.completed') answered.push(event.context.input_message_id!)
    if (event.type === 'output.message.started') said = ''
    if (event.type === 'output.message.delta') said += event.data.delta
    if (event.type === 'output.message.completed') {
      expect(said).toBe(event.data.message.content.map((part) => (part.type === 'text' ? part.text : '')).join(''))
    }
  }
  expect(inputs.toSorted()).toEqual(messageIds.toSorted())
  // In the order in which they came: each its own turn, one after the other.
  expect(answered).toEqual(inputs)
}
