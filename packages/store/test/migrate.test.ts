import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { createEmptyDatabase } from '../../../test/database.ts'
import { checkServer, checkServerVersion } from '../src/check-server.ts'
import { migrate } from '../src/migrate.ts'
import { queryOnce } from './support/query-once.ts'
import { startPooler } from './support/start-pooler.ts'
import type { PoolMode } from './support/start-pooler.ts'
import { makeTestFolder } from './support/make-test-folder.ts'

const quiet = () => {}
let connectionString: string
let folder: string

beforeEach(async () => {
  const database = await createEmptyDatabase()
  connectionString = database.connectionString
  const parent = await makeTestFolder()
  folder = join(parent, 'migrations')
  await mkdir(folder)
  return async () => {
    await database.drop()
    await rm(parent, { recursive: true })
  }
})

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
}

async function listTables(): Promise<string[]> {
  const rows = await queryOnce<{ name: string }>(connectionString, "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1")
  return rows.map(({ name }) => name)
}

async function listApplied(): Promise<string[]> {
  return (await queryOnce<{ name: string }>(connectionString, 'SELECT name FROM migrations ORDER BY id')).map(({ name }) => name)
}

describe('migrations', () => {
  test('are applied in the order of their numbers, each once', async () => {
    await write({ '0002_b.sql': 'ALTER TABLE a ADD COLUMN y integer;', '0001_a.sql': 'CREATE TABLE a (x integer); -- no newline at the end' })
    const lines: string[] = []
    expect(await migrate({ connectionString, folder, log: (line) => lines.push(line) })).toEqual(['0001_a', '0002_b'])
    expect(lines).toEqual(['applied migration 0001_a', 'applied migration 0002_b'])
    expect(await migrate({ connectionString, folder, log: quiet })).toEqual([])
    await write({ '0003_c.sql': 'CREATE TABLE c ();' })
    expect(await migrate({ connectionString, folder, log: quiet })).toEqual(['0003_c'])
    expect(await listTables()).toEqual(['a', 'c', 'migrations'])
  })

  test('of which one fails leave nothing behind, not even those before it', async () => {
    await write({ '0001_a.sql': 'CREATE TABLE a ();', '0002_b.sql': 'CREATE TABLE b ();\nCREATE TABLE b ();' })
    await expect(migrate({ connectionString, folder, log: quiet })).rejects.toThrow(/0002_b: relation "b" already exists/)
    expect(await listTables()).toEqual(['migrations'])
    expect(await listApplied()).toEqual([])
    await write({ '0002_b.sql': 'CREATE TABLE b ();' })
    expect(await migrate({ connectionString, folder, log: quiet })).toEqual(['0001_a', '0002_b'])
  })

  test('started by four processes at once are applied once', async () => {
    await write({ '0001_a.sql': 'CREATE TABLE a (); INSERT INTO a SELECT FROM generate_series(1, 1000);', '0002_b.sql': 'CREATE TABLE b ();' })
    const applied = await Promise.all(Array.from({ length: 4 }, () => migrate({ connectionString, folder, log: quiet })))
    expect(applied.flat()).toEqual(['0001_a', '0002_b'])
    expect(await listApplied()).toEqual(['0001_a', '0002_b'])
  })

  test('may hold PL/pgSQL that commits when it is called', async () => {
    await write({ '0001_a.sql': 'CREATE PROCEDURE p() LANGUAGE plpgsql AS $body$\nBEGIN\n  COMMIT;\nEND $body$;' })
    expect(await migrate({ connectionString, folder, log: quiet })).toEqual(['0001_a'])
  })

  test.each([
    ['a file that is no migration', { '0001_a.sql': 'SELECT 1;', 'notes.txt': '' }, /notes\.txt is not named like/],
    ['a gap in the numbers', { '0001_a.sql': 'CREATE TABLE a ();', '0003_c.sql': 'SELECT 1;' }, /0003_c\.sql should have the number 2/],
    ['a number used twice', { '0001_a.sql': 'CREATE TABLE a ();', '0001_b.sql': 'SELECT 1;' }, /0001_b\.sql should have the number 2/],
    ['a Down part', { '0001_a.sql': 'CREATE TABLE a ();\n-- Down Migration\nDROP TABLE a;' }, /Up or Down part/],
    ['a commit of its own', { '0001_a.sql': 'CREATE TABLE a ();\nCOMMIT;\nCREATE TABLE b ();' }, /controls the transaction/],
  ])('with %s are refused before anything runs', async (_, files, message) => {
    await write(files)
    await expect(migrate({ connectionString, folder, log: quiet })).rejects.toThrow(message)
    expect(await listTables()).toEqual([])
  })

  test('that were applied under another name are refused', async () => {
    await write({ '0001_a.sql': 'CREATE TABLE a ();' })
    await migrate({ connectionString, folder, log: quiet })
    await rm(join(folder, '0001_a.sql'))
    await write({ '0001_renamed.sql': 'CREATE TABLE b ();' })
    await expect(migrate({ connectionString, folder, log: quiet })).rejects.toThrow(/0001_renamed is preceding already run migration 0001_a/)
    expect(await listTables()).toEqual(['a', 'migrations'])
  })
})

describe('a server', () => {
  test.each([
    [90_624, /PostgreSQL 9\.6 is too old: Reprise needs 15 or newer/],
    [140_012, /PostgreSQL 14 is too old: Reprise needs 15 or newer/],
  ])('of version %i is refused', (version, message) => {
    expect(() => checkServerVersion(version)).toThrow(message)
  })

  test.each([150_000, 180_004])('of version %i is accepted', (version) => {
    expect(() => checkServerVersion(version)).not.toThrow()
  })

  test('that cannot be reached is named as such', async () => {
    await expect(checkServer({ connectionString: 'postgresql://postgres@127.0.0.1:1/none' })).rejects.toThrow(/cannot be reached.*ECONNREFUSED.*DATABASE_URL/)
  })

  describe.skipIf(new URL(inject('serverUrl')).password !== '')('behind a pooler', () => {
    async function checkBehind(mode: PoolMode): Promise<void> {
      const pooler = await startPooler(inject('serverUrl'), mode)
      onTestFinished(() => pooler.stop())
      await checkServer(pooler)
    }

    test.each(['transaction', 'statement'] as const)('in %s mode is refused', async (mode) => {
      await expect(checkBehind(mode)).rejects.toThrow(/pooler in transaction mode/)
    })

    test('in session mode is accepted', async () => {
      await checkBehind('session')
    })
  })
})
