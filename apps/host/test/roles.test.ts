import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DatabaseServers } from './support/database-servers.ts'
import { followUntil } from './support/follow-session.ts'
import { createSession, postScript } from './support/post-message.ts'
import { runCli } from './support/start-cli.ts'

const answer = 'These words come from another process than the one that tells them, each as soon as it is said.'

let servers: DatabaseServers

beforeEach(async () => {
  servers = await DatabaseServers.create()
})

afterEach(async () => {
  await servers.remove()
})

test('an api process alone leaves a turn ready, and what it accepted is answered after its death', async () => {
  const killed = await servers.start('api', { REPRISE_ROLE: 'worker' })
  const sessionId = await createSession(killed.address)
  // Time enough for three heartbeats of a worker, if one were there.
  const waited = await postScript(killed.address, sessionId, [{ text: answer }], '?wait=true&timeout_ms=1500')
  expect(waited).toMatchObject({ turn_status: 'ready', answer: null })
  killed.signal('SIGKILL')
  await killed.ended

  const [api] = await Promise.all([servers.start('api'), servers.start('worker')])
  const events = await followUntil(api.address, sessionId, ({ type }) => type === 'session.idled')
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
  const types = events.map(({ type }) => type)
  expect(types.filter((type) => type === 'input.message')).toHaveLength(1)
  expect(types.filter((type) => type === 'turn.completed')).toHaveLength(1)
  // Nobody died over it.
  expect(types).not.toContain('reason.recovered')
})

test('a worker process answers what an api process accepts, and a stream of the api process shows it live', async () => {
  const [api, worker] = await Promise.all([servers.start('api'), servers.start('worker')])
  const sessionId = await createSession(api.address)
  const stream = await fetch(`${api.address}/v1/sessions/${sessionId}/sse`)
  await postScript(api.address, sessionId, [{ tool_calls: [{ name: 'calculator', arguments: { expression: '6 * 7' } }] }, { text: answer, tokens_per_second: 12 }])

  let seen = ''
  let chunksWithDeltas = 0
  for await (const text of stream.body!.pipeThrough(new TextDecoderStream())) {
    if (text.includes('event: output.message.delta')) chunksWithDeltas += 1
    seen += text
    if (seen.includes('event: session.idled')) break
  }
  // Two seconds of words. Without announcements they would come in one piece, or two.
  expect(chunksWithDeltas).toBeGreaterThan(5)
  expect(seen).toContain('event: turn.completed')
  expect(seen.match(/event: tool\.completed/g)).toHaveLength(1)

  for (const server of [worker, api]) {
    server.signal('SIGTERM')
    expect(await server.ended).toBe(0)
  }
})

test('a worker process tells of its health and its metrics, and serves nothing else', async () => {
  const worker = await servers.start('worker')
  for (const path of ['/healthz', '/readyz', '/metrics']) expect((await fetch(worker.address + path)).status, path).toBe(200)
  for (const path of ['/', '/v1/sessions', '/api/v1/sessions', '/v1/models', '/trpc/sessions.list', '/docs', '/openapi.json']) {
    const response = await fetch(worker.address + path)
    expect(response.status, path).toBe(404)
    expect(await response.json()).toMatchObject({ code: 'not_found' })
  }
  expect((await fetch(`${worker.address}/v1/sessions`, { method: 'POST' })).status).toBe(404)
  expect(worker.output().stdout).not.toContain('curl')
})

describe('a role that there is not', () => {
  test.each([
    [['serve', '--role', 'boss'], {}, '--role must be one of all, api, worker; it is "boss".\n'],
    [['serve', '--role', ''], {}, '--role must be one of all, api, worker; it is "".\n'],
    [['serve'], { REPRISE_ROLE: 'boss' }, 'REPRISE_ROLE must be one of all, api, worker; it is "boss".\n'],
    [['demo', '--role', 'api'], {}, '--role goes with "serve" only.\n'],
  ])('is refused: %j %j', async (args, settings, expected) => {
    expect(await runCli(args, settings)).toEqual({ code: 1, stdout: '', stderr: expected })
  })
})
