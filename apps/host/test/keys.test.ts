import type { Key, KeyWithSecret } from '@reprise/contract'
import { createPool, insertKey, seeded } from '@reprise/store'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createEmptyDatabase, type TestDatabase } from '../../../test/database.ts'
import { readConfig } from '../src/config.ts'
import { keys } from '../src/keys/keys.ts'
import { organizations } from '../src/organizations/organizations.ts'
import { HostFolder } from './support/host-folder.ts'
import { runCurl } from './support/run-curl.ts'
import { runCli } from './support/start-cli.ts'

async function run(args: string[], settings: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await runCli(args, settings)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

const secretForm = /rk_[0-9A-Za-z]{8}_[0-9A-Za-z]{43}/

describe('on a database that nobody serves', () => {
  let database: TestDatabase
  let settings: Record<string, string>
  beforeAll(async () => {
    database = await createEmptyDatabase()
    settings = { DATABASE_URL: database.connectionString }
  })
  afterAll(() => database.drop())

  test('keys are made, shown and revoked, and a secret is printed once', async () => {
    expect(await run(['keys', 'list'], settings)).toContain('There is no key yet')
    const made = await run(['keys', 'create', '--name', 'My laptop', '--scopes', 'admin', '--expires', '30d', '--requests-per-minute', '600'], settings)
    const [secret] = secretForm.exec(made)!
    expect(made.split(secret)).toHaveLength(2)
    for (const line of ['Name          My laptop', 'Organization  Default (org_', 'Scopes        read, write, admin', 'Limit         600', 'It is the first']) expect(made).toContain(line)

    const { secret: other, ...bot } = JSON.parse(await run(['keys', 'create', '--name', 'Bot', '--json'], settings)) as KeyWithSecret // by --json
    expect(other).toMatch(secretForm)
    expect(await run(['keys', 'revoke', bot.id], settings)).toMatch(/^Bot \(rk_\w{8}_…\) is revoked/)
    expect(await run(['keys', 'revoke', bot.id], settings)).toContain('was revoked before')

    const table = await run(['keys', 'list'], settings)
    expect(table).toMatch(/^ID +KEY +NAME +ORGANIZATION +SCOPES +STATE +LAST USED\n/)
    expect(table).toMatch(/\nkey_\w{32} +rk_\w{8}_… +My laptop +Default +admin +good until 20\S+ \S+ UTC +never\n/)
    expect(table).toMatch(/ Bot +Default +read,write +revoked 20/)
    const listed = await run(['keys', 'list', '--json'], settings)
    expect(JSON.parse(listed) as Key[]).toHaveLength(2)
    for (const shown of [table, listed]) expect(shown).not.toMatch(secretForm)
  })

  test('organizations are made with a name of their own, and have keys of their own', async () => {
    const made = await run(['organizations', 'create', 'Acme'], settings)
    const [id] = /org_\w{32}/.exec(made)!
    const [, command] = /reprise (keys create .*)/.exec(made)!
    expect(await run(command!.split(' '), settings)).toContain(`Organization  Acme (${id})`)
    expect(await run(['organizations', 'list'], settings)).toMatch(new RegExp(`^ID +NAME +KEYS +CREATED\\norg_\\w+ +Default +\\d .*\\n${id} +Acme +1 `))
    expect((await run(['keys', 'list', '--organization', id!], settings)).split('\n')).toHaveLength(3)
  })

  test('an organization that calls itself by another’s id is not taken for it', async () => {
    const made = await run(['organizations', 'create', 'Victim'], settings)
    const [id] = /org_\w{32}/.exec(made)!
    await run(['organizations', 'create', 'Namesake'], settings)
    const pool = createPool({ connectionString: database.connectionString, applicationName: 'test' })
    await pool.query('UPDATE organizations SET name = $1 WHERE name = $2', [id, 'Namesake'])
    await pool.end()
    expect(await run(['keys', 'create', '--name', 'Bot', '--organization', id!], settings)).toContain(`Organization  Victim (${id})`)
  })

  test('the secret that signs for the tools of each organization is its own', async () => {
    const [id] = /org_\w{32}/.exec(await run(['organizations', 'create', 'Tools'], settings))!
    const [own, byId, byName] = [await run(['webhook-secret'], settings), await run(['webhook-secret', '--organization', id!], settings), await run(['webhook-secret', '--organization', 'Tools'], settings)]
    expect(byId).toMatch(/^whsec_\S{32,}\n$/)
    expect(byName).toBe(byId)
    expect(own).not.toBe(byId)
  })

  test('names give no orders to the terminal', async () => {
    const pool = createPool({ connectionString: database.connectionString, applicationName: 'test' })
    const { id } = await insertKey(pool, seeded.organization_id, { name: '\u001b[2J\u009b1A\r\u202eevil', scopes: ['read'], expires_at: null, requests_per_minute: null })
    await pool.end()
    const shown = (await run(['keys', 'list'], settings)) + (await run(['keys', 'revoke', id], settings))
    for (const order of ['\u001b', '\u009b', '\r', '\u202e']) expect(shown).not.toContain(order)
    expect(shown.split('\\u{1b}[2J\\u{9b}1A\\u{d}\\u{202e}evil')).toHaveLength(3)
  })

  test.each([
    [[], {}, /keys create[^]*keys list[^]*keys revoke/],
    [['destroy'], {}, /keys create/],
    [['create'], {}, /needs a name/],
    [['create'], { name: ' ' }, /needs a name/],
    [['create'], { name: 'x', scopes: 'root' }, /--scopes must be/],
    [['create'], { name: 'x', scopes: '' }, /--scopes must be/],
    [['create'], { name: 'x', expires: '2020-01-01' }, /--expires must be/],
    [['create'], { name: 'x', 'requests-per-minute': 'many' }, /--requests-per-minute must be/],
    [['create'], { name: 'x', organization: 'nobody' }, /no organization "nobody".*organizations create/],
    [['create', 'x'], { name: 'x' }, /It is "reprise keys create/],
    [['list'], { name: 'x' }, /--name does not go with/],
    [['list', 'all'], {}, /It is "reprise keys list/],
    [['revoke'], {}, /It is "reprise keys revoke <id>"/],
    [['revoke', `key_${'0'.repeat(32)}`], {}, /There is no key/],
  ])('keys %j %j is refused with the next thing to try', async (words, options, expected) => {
    await expect(keys(readConfig(settings), { words, options })).rejects.toThrow(expected)
  })

  test.each([
    [[], /organizations create <name>/],
    [['create'], /organizations create <name>/],
    [['list', 'all'], /organizations create <name>/],
    [['create', ' '], /1 to 128 characters/],
    [['create', 'x'.repeat(129)], /1 to 128 characters/],
    [['create', 'Acme'], /already/],
    [['create', 'Acme', 'Inc'], /goes into quotes/],
  ])('organizations %j is refused with the next thing to try', async (words, expected) => {
    await expect(organizations(readConfig(settings), { words, options: {} })).rejects.toThrow(expected)
  })

  test('a secret that is given for an id is not printed', async () => {
    const secret = `rk_aaaaaaaa_${'b'.repeat(43)}`
    await expect(keys(readConfig(settings), { words: ['revoke', secret], options: {} })).rejects.toThrow(/^Give the id of the key, key_ and 32 characters\. "reprise keys list" shows it\.$/)
  })
})

describe('on the built-in PostgreSQL, while a server runs on it', () => {
  let folder: HostFolder
  beforeEach(async () => {
    folder = await HostFolder.create()
  })
  afterEach(() => folder.remove())

  // Two servers and two commands are started one after the other, on cores that may be busy.
  test('the server asks for the first key within 5 s, and the next start says so and opens to other machines', { timeout: 60_000 }, async () => {
    const settings = { REPRISE_DATA_DIR: folder.path }
    const server = await folder.start()
    expect(await runCurl(server.curl.post)).toMatchObject({ status: 201 })
    const { secret: KEY, id } = JSON.parse(await run(['keys', 'create', '--name', 'First', '--json'], settings)) as KeyWithSecret // by --json
    await expect.poll(async () => (await fetch(`${server.address}/v1/models`)).status, { timeout: 5_000 }).toBe(401)
    expect((await fetch(`${server.address}/v1/models`, { headers: { authorization: KEY } })).status).toBe(200)
    server.signal('SIGTERM')
    await server.ended

    const again = await folder.start({ HOST: '0.0.0.0' })
    expect(await runCurl(again.curl.post, { KEY })).toMatchObject({ status: 201 })
    expect(await runCurl(again.curl.post)).toMatchObject({ status: 401 })
    await run(['keys', 'revoke', id], settings)
    await expect.poll(async () => (await runCurl(again.curl.post, { KEY })).status, { timeout: 5_000 }).toBe(401)
    for (const { stdout, stderr } of [server.output(), again.output()]) expect(stdout + stderr).not.toContain(KEY)
  })
})
