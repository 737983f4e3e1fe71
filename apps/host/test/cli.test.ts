import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEmptyDatabase, type TestDatabase } from '../../../test/database.ts'
import { refusePasswords } from './support/refuse-passwords.ts'
import { runCli } from './support/start-cli.ts'

test('help names the commands and the settings', async () => {
  const { code, stdout } = await runCli(['help'], {})
  expect(code).toBe(0)
  for (const word of ['serve', 'migrate', 'demo', 'PORT', 'DATABASE_URL', 'REPRISE_API_KEY']) expect(stdout).toContain(word)
  expect((await runCli(['--help'], {})).stdout).toBe(stdout)
})

test.each([[['fly']], [['serve', 'now']], [['--fast']]])('%j is refused with the next thing to try', async (args) => {
  const { code, stderr } = await runCli(args, {})
  expect(code).toBe(1)
  expect(stderr).toContain('reprise help')
  expect(stderr).not.toContain('    at ')
})

test('an older node is told what to do', async () => {
  const pretendNode20 = `data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '20.19.0' })`
  const { code, stderr } = await runCli(['serve'], {}, ['--import', pretendNode20])
  expect(code).toBe(1)
  expect(stderr).toMatch(/needs Node 24 or newer/)
})

test('a bad setting ends it with 1, a clear line and no stack', async () => {
  const { code, stdout, stderr } = await runCli(['serve'], { PORT: 'nine thousand' })
  expect(code).toBe(1)
  expect(stdout).toBe('')
  expect(stderr).toBe('PORT must be a port from 0 to 65535 (0: any that is free); it is "nine thousand".\n')
})

test('the demo without a server says how to start one', async () => {
  const { code, stderr } = await runCli(['demo'], { PORT: '1' })
  expect(code).toBe(1)
  expect(stderr).toMatch(/No server answers at http:\/\/127\.0\.0\.1:1.*pnpm start/)
})

describe('a database that refuses the password', () => {
  test('is named, and the password is not', async () => {
    await using database = await refusePasswords()
    const { code, stdout, stderr } = await runCli(['serve'], { PORT: '0', REPRISE_LOG_LEVEL: 'trace', DATABASE_URL: `postgresql://reprise:hunter2@127.0.0.1:${database.port}/reprise` })
    expect(code).toBe(1)
    expect(stderr).toContain('password authentication failed')
    expect(stderr).toContain('DATABASE_URL')
    expect(stdout + stderr).not.toContain('hunter2')
    expect(stderr).not.toContain('    at ')
  })
})

describe('with a database of the operator', () => {
  let database: TestDatabase

  beforeAll(async () => {
    database = await createEmptyDatabase()
  })

  afterAll(async () => {
    await database.drop()
  })

  test('migrate brings it up to date, and says so when it is', async () => {
    const settings = { DATABASE_URL: database.connectionString }
    const first = await runCli(['migrate'], settings)
    expect(first).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/applied migration 0001_/) })
    const second = await runCli(['migrate'], settings)
    expect(second).toMatchObject({ code: 0, stdout: expect.stringMatching(/nothing to do/) })
  })

  test('every address is refused while there is no key', async () => {
    const { code, stdout, stderr } = await runCli(['serve'], { HOST: '0.0.0.0', PORT: '0', DATABASE_URL: database.connectionString, REPRISE_LOG_LEVEL: 'warn' })
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^HOST is 0\.0\.0\.0.*\nMake one with "reprise keys create/)
  })

  test('the secret of webhooks is made once, and printed alone', async () => {
    const settings = { DATABASE_URL: database.connectionString }
    const first = await runCli(['webhook-secret'], settings)
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=\n$/) })
    expect((await runCli(['webhook-secret'], settings)).stdout).toBe(first.stdout)
  })

  test('a port in use is named, with the next thing to try', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo // it listens on a port
    const { code, stderr } = await runCli(['serve'], { PORT: String(port), DATABASE_URL: database.connectionString })
    taken.close()
    expect(code).toBe(1)
    expect(stderr).toContain(`Port ${port} on 127.0.0.1 is in use`)
    expect(stderr).toContain(`PORT=${port + 1} pnpm start`)
  })
})
