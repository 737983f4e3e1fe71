import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { appendFile, chmod, chown, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { startEmbeddedPostgres } from '../src/embedded/index.ts'
import type { EmbeddedPostgres } from '../src/embedded/index.ts'
import { describeBinaries } from '../src/embedded/find-binaries.ts'
import { readPostmaster } from '../src/embedded/read-postmaster.ts'
import { runAs } from '../src/embedded/run-as.ts'
import { shareBinaries } from '../src/embedded/share-binaries.ts'
import { holdServer, kill } from './support/hold-server.ts'
import { queryOnce } from './support/query-once.ts'
import { makeTestFolder } from './support/make-test-folder.ts'

const isRoot = process.getuid?.() === 0
/** Whom root may stand in for when a test needs an ordinary user. */
const nobody = { uid: 65_534, gid: 65_534 }
const isReadableForAll = isRoot && spawnSync('test', ['-r', import.meta.filename], nobody).status === 0
const quiet = () => {}
let folder: string
/** A cluster that is made once and stopped between tests. */
let dataDir: string

beforeAll(async () => {
  folder = await makeTestFolder()
  dataDir = join(folder, 'postgres')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function start(on = dataDir, startPatienceMs?: number): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir: on, log: quiet, durable: false, startPatienceMs })
  onTestFinished(() => server.stop())
  return server
}

describe('a new folder', () => {
  test('of six starters at once, one wins and five attach', async () => {
    const servers = await Promise.all(Array.from({ length: 6 }, () => start()))
    expect(servers.filter(({ owned }) => owned)).toHaveLength(1)
    expect(new Set(servers.map(({ connectionString }) => connectionString)).size).toBe(1)
    expect((await readdir(folder)).filter((name) => name.includes('.init-')), 'what the losers made is removed').toEqual([])
    await Promise.all(servers.map(({ stop }) => stop()))
    expect(await readPostmaster(dataDir), 'the last one out stopped the server').toBeNull()
  })

  test('gets a durable UTF-8 server that nobody reaches over the network', async () => {
    const fresh = join(folder, 'durable')
    const server = await startEmbeddedPostgres({ dataDir: fresh, log: quiet })
    onTestFinished(() => server.stop())
    const names = ['fsync', 'full_page_writes', 'server_encoding', 'lc_collate', 'listen_addresses', 'TimeZone']
    const settings = await queryOnce<{ name: string; setting: string }>(
      server.connectionString,
      `SELECT name, setting FROM pg_settings WHERE name IN ('${names.join("','")}') UNION SELECT 'lc_collate', datcollate FROM pg_database WHERE datname = 'postgres'`,
    )
    expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
      fsync: 'on',
      full_page_writes: 'on',
      server_encoding: 'UTF8',
      lc_collate: 'C',
      listen_addresses: '',
      TimeZone: 'UTC',
    })
  })

  test('below a folder that the server may not enter is refused, with the next thing to try', async () => {
    const locked = join(folder, 'locked')
    await mkdir(locked)
    await chmod(locked, isRoot ? 0o700 : 0o000)
    await expect(start(join(locked, 'postgres'))).rejects.toThrow(/locked.*(choose a data folder elsewhere|set DATABASE_URL)/s)
    await chmod(locked, 0o755)
    expect(await readdir(locked), 'nothing is left there').toEqual([])
  })

  test('with a long path has its socket elsewhere, and takes it away when it stops', async () => {
    const long = join(folder, 'x'.repeat(100))
    await cp(dataDir, long, { recursive: true })
    if (isRoot) execFileSync('chown', ['-R', '--reference', dataDir, long])
    await chmod(long, 0o700)
    const server = await start(long)
    const socketFolder = new URL(server.connectionString).searchParams.get('host')!
    expect(socketFolder.startsWith(tmpdir())).toBe(true)
    expect(await queryOnce(server.connectionString, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await server.stop()
    expect(existsSync(socketFolder)).toBe(false)
  })
})

describe('a folder that is not ours', () => {
  test('is refused and left as it was when it holds something else', async () => {
    const documents = join(folder, 'documents')
    await mkdir(documents)
    await writeFile(join(documents, 'thesis.txt'), 'precious')
    await expect(start(documents)).rejects.toThrow(/not empty.*thesis\.txt/)
    expect(await readFile(join(documents, 'thesis.txt'), 'utf8')).toBe('precious')
  })

  test('is refused when another version of PostgreSQL made it', async () => {
    const old = join(folder, 'old')
    await mkdir(old)
    await writeFile(join(old, 'PG_VERSION'), '15\n')
    await expect(start(old)).rejects.toThrow(/made by PostgreSQL 15/)
  })
})

describe('a running server', () => {
  test('is attached to by others, who do not own it', async () => {
    const first = await start()
    const second = await start()
    expect([first.owned, second.owned]).toEqual([true, false])
    expect(second.connectionString).toBe(first.connectionString)
    await second.stop()
    expect((await readPostmaster(dataDir))?.isReady).toBe(true)
  })

  test('is not stopped under a process that still uses it, but by the last one who leaves', async () => {
    const first = await start()
    const second = await start()
    await first.stop()
    expect(await queryOnce(second.connectionString, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await second.stop()
    expect(await readPostmaster(dataDir)).toBeNull()
  })

  test('may be stopped twice, and at once', async () => {
    const server = await start()
    await Promise.all([server.stop(), server.stop()])
    await server.stop()
    expect(await readPostmaster(dataDir)).toBeNull()
  })

  test('is owned by who finds it after its owner was killed', async () => {
    const held = await holdServer(dataDir)
    expect(held.owned).toBe(true)
    await kill(held.process)
    expect((await readPostmaster(dataDir))?.isReady, 'it outlives its owner').toBe(true)
    // The server forgets the dead process as soon as it has read the end of its connection.
    await vi.waitUntil(async () => (await queryOnce(held.connectionString, "SELECT FROM pg_locks WHERE locktype = 'advisory'")).length === 0)
    const heir = await start()
    expect(heir.owned).toBe(true)
    await heir.stop()
    expect(await readPostmaster(dataDir)).toBeNull()
  })

  test('is stopped by its last user even when that one lost its connection', async () => {
    const server = await start()
    await queryOnce(server.connectionString, 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL')
    await server.stop()
    expect(await readPostmaster(dataDir)).toBeNull()
  })

  test.runIf(process.platform === 'linux')('has a session of its own, so that a Ctrl-C in our terminal does not reach it', async () => {
    await start()
    const { pid } = (await readPostmaster(dataDir))!
    const text = await readFile(`/proc/${pid}/stat`, 'utf8')
    const [, , processGroup, session] = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number)
    expect([processGroup, session]).toEqual([pid, pid])
  })
})

describe('after a crash', () => {
  test('of the server, the next start works and keeps what was committed', async () => {
    const server = await start()
    await queryOnce(server.connectionString, 'CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer')
    process.kill((await readPostmaster(dataDir))!.pid, 'SIGKILL')
    const next = await start()
    expect(await queryOnce(next.connectionString, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
    await server.stop()
    expect((await readPostmaster(dataDir))?.isReady, 'who used the dead server does not stop the new one').toBe(true)
  })

  test('of the machine, a process that got the old pid does not stand in the way', async () => {
    const { uid, gid } = await ownerOf(dataDir)
    const stranger = spawn('sleep', ['1000'], { cwd: '/', uid, gid })
    onTestFinished(() => kill(stranger))
    await writeFile(join(dataDir, 'postmaster.pid'), `${stranger.pid}\n${dataDir}\n1\n5432\n${dataDir}\n\n\nready   \n`)
    const server = await start()
    expect(await queryOnce(server.connectionString, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  test('of a starter in the middle of creating the cluster, its draft is removed by the next', async () => {
    const target = join(folder, 'second')
    const gone = spawn('true')
    await new Promise((resolve) => gone.on('close', resolve))
    await mkdir(`${target}.init-${gone.pid}-00000000/base`, { recursive: true })
    await start(target)
    expect((await readdir(folder)).filter((name) => name.startsWith('second.init-'))).toEqual([])
  })
})

test('a server that cannot start is reported with the end of its log', async () => {
  const configuration = join(dataDir, 'postgresql.auto.conf')
  const before = await readFile(configuration, 'utf8')
  await appendFile(configuration, 'work_mem = plenty\n')
  onTestFinished(() => writeFile(configuration, before))
  await expect(start(dataDir, 0)).rejects.toThrow(/could not be started.*invalid value for parameter "work_mem": "plenty"/s)
})

test.runIf(isRoot)('programs that the unprivileged user may not reach are copied for them, once', async () => {
  const home = join(folder, 'root')
  const user = { name: 'nobody', ...nobody }
  await mkdir(join(home, 'bin'), { recursive: true })
  await writeFile(join(home, 'bin/initdb'), '#!/bin/sh\necho initdb', { mode: 0o755 })
  await chmod(home, 0o700)
  const binaries = describeBinaries(home, '18.0.0')
  const shared = await Promise.all([1, 2, 3].map(() => shareBinaries(binaries, user, join(folder, 'shared'))))
  expect(new Set(shared.map(({ initdb }) => initdb))).toEqual(new Set([join(folder, 'shared.programs-18.0.0/bin/initdb')]))
  expect(await runAs(user, shared[0]!.initdb, [])).toEqual({ code: 0, output: 'initdb' })
  expect((await readdir(folder)).filter((name) => name.startsWith('shared'))).toEqual(['shared.programs-18.0.0'])
})

test.runIf(isRoot && isReadableForAll)('an ordinary user starts it too, as themselves', async () => {
  const home = join(folder, 'home')
  await mkdir(home, { mode: 0o700 })
  await chown(home, nobody.uid, nobody.gid)
  const held = await holdServer(join(home, 'postgres'), nobody)
  expect(await queryOnce(held.connectionString, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  const { pid } = (await readPostmaster(join(home, 'postgres')))!
  expect((await ownerOf(`/proc/${pid}`)).uid).toBe(nobody.uid)
  await kill(held.process)
  // Root, coming later, runs it as the user whom the folder belongs to.
  const server = await start(join(home, 'postgres'))
  await server.stop()
  const again = await start(join(home, 'postgres'))
  expect(await queryOnce(again.connectionString, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

async function ownerOf(path: string): Promise<{ uid: number; gid: number }> {
  const { uid, gid } = await stat(path)
  return { uid, gid }
}
