import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HostFolder, isAlive } from './support/host-folder.ts'
import { createSession, postScript } from './support/post-message.ts'
import { runCurl } from './support/run-curl.ts'
import { startCli } from './support/start-cli.ts'

let folder: HostFolder

beforeEach(async () => {
  folder = await HostFolder.create()
})

afterEach(async () => {
  await folder.remove()
})

test('start on an empty folder serves, and the printed curl gives the documented 201', async () => {
  const server = await folder.start()
  expect(await runCurl(server.curl.post)).toMatchObject({
    status: 201,
    body: { id: expect.stringMatching(/^message_/), role: 'user', content: [{ type: 'text', text: 'Hello!' }], delivery: 'started' },
  })
  expect((await fetch(`${server.address}/docs`)).status).toBe(200)
  expect((await fetch(`${server.address}/readyz`)).status).toBe(200)
  const printed = server.output().stdout
  expect(printed).toContain('pnpm demo')

  server.signal('SIGTERM')
  await server.ended
  const again = await folder.start({ PORT: new URL(server.address).port })
  expect(again.curl).toEqual(server.curl)
  expect(await runCurl(again.curl.post)).toMatchObject({ status: 201 })
})

test('with a key, the printed curl takes it from the environment and does not show it', async () => {
  const REPRISE_API_KEY = 'key-of-this-test'
  const server = await folder.start({ REPRISE_API_KEY, REPRISE_LOG_LEVEL: 'trace' })
  expect(await runCurl(server.curl.post, { REPRISE_API_KEY })).toMatchObject({ status: 201 })
  expect(await runCurl(server.curl.post, { REPRISE_API_KEY: 'another' })).toMatchObject({ status: 401 })
  const { stdout, stderr } = server.output()
  expect(stdout + stderr).not.toContain(REPRISE_API_KEY)
})

describe('told to end', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('by %s, it ends with 0 and leaves no PostgreSQL behind', async (signal) => {
    const server = await folder.start()
    const postgres = await folder.postgresPid()
    expect(await isAlive(postgres!)).toBe(true)
    server.signal(signal)
    expect(await server.ended).toBe(0)
    expect(await isAlive(postgres!)).toBe(false)
  })

  test('while it starts, it ends as well', async () => {
    const server = startCli(['serve'], { PORT: '0', REPRISE_DATA_DIR: folder.path, REPRISE_LOG_LEVEL: 'debug' })
    await server.waitFor(/creating a database/)
    server.signal('SIGTERM')
    expect(await server.ended).toBe(0)
    expect(await folder.postgresPid()).toBeNull()
  })

  test('twice, it ends at once, and the next start carries on', async () => {
    const server = await folder.start()
    // Something that a stop waits for.
    await postScript(server.address, await createSession(server.address), [{ text: 'late', ttft_ms: 60_000 }])
    server.signal('SIGTERM')
    await server.waitFor(/stopping/)
    const again = setInterval(() => server.signal('SIGTERM'), 100)
    expect(await server.ended).toBe(1)
    clearInterval(again)
    expect((await fetch(`${(await folder.start()).address}/readyz`)).status).toBe(200)
  })
})

test('two servers share a folder, and the last to leave stops PostgreSQL', async () => {
  const [first, second] = await Promise.all([folder.start(), folder.start()])
  const postgres = await folder.postgresPid()
  expect(await runCurl(first.curl.post)).toMatchObject({ status: 201 })
  expect(await runCurl(second.curl.post)).toMatchObject({ status: 201 })
  first.signal('SIGTERM')
  expect(await first.ended).toBe(0)
  expect(await isAlive(postgres!)).toBe(true)
  expect(await runCurl(second.curl.post)).toMatchObject({ status: 201 })
  second.signal('SIGTERM')
  expect(await second.ended).toBe(0)
  expect(await isAlive(postgres!)).toBe(false)
})
