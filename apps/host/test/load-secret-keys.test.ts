import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decodeSecretKey } from '../src/decode-secret-key.ts'
import { loadSecretKeys } from '../src/load-secret-keys.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'reprise-test-'))
})
afterEach(async () => {
  await rm(dataDir, { recursive: true })
})

const [one, two] = ['11'.repeat(32), '22'.repeat(32)]
const load = async (settings: Partial<Parameters<typeof loadSecretKeys>[0]> = {}) => {
  const keys = await loadSecretKeys({ secretKey: null, previousSecretKey: null, databaseUrl: null, dataDir, ...settings })
  return keys.map((key) => Buffer.from(key).toString('hex'))
}

test('beside the built-in PostgreSQL a key is made once, for its owner alone, and is the same for all that start at once', async () => {
  const loaded = await Promise.all(Array.from({ length: 8 }, () => load()))
  expect(new Set(loaded.flat()).size).toBe(1)
  expect(loaded[0]![0]).toMatch(/^[0-9a-f]{64}$/)
  expect(await load()).toEqual(loaded[0])
  expect(await readdir(dataDir)).toEqual(['secret-key'])
  expect((await stat(join(dataDir, 'secret-key'))).mode & 0o777).toBe(0o600)
})

test('a key that is set comes first; the one in the folder still opens what it sealed', async () => {
  const [made] = await load()
  expect(await load({ secretKey: one })).toEqual([one, made])
  expect(await load({ secretKey: two, previousSecretKey: one })).toEqual([two, one, made])
  expect(await load({ previousSecretKey: one })).toEqual([made, one])
})

test('a key that is set makes none in the folder', async () => {
  expect(await load({ secretKey: one })).toEqual([one])
  expect(await readdir(dataDir)).toEqual([])
})

test('with a database of the operator’s own there is none but those that are set', async () => {
  const databaseUrl = 'postgresql://localhost/reprise'
  expect(await load({ databaseUrl })).toEqual([])
  expect(await load({ databaseUrl, secretKey: one })).toEqual([one])
  expect(await readdir(dataDir)).toEqual([])
})

test('a file that holds no key is named, left as it is, and not shown', async () => {
  const file = join(dataDir, 'secret-key')
  await writeFile(file, 'hunter2')
  await chmod(file, 0o600)
  const message = await load().catch((error: Error) => error.message)
  expect(message).toContain(file)
  expect(message).not.toContain('hunter2')
  expect(await readFile(file, 'utf8')).toBe('hunter2')
})

describe('a secret key is read as', () => {
  test.each([
    ['hex', one],
    ['hex in upper case', 'AB'.repeat(32)],
    ['base64', Buffer.alloc(32, 7).toString('base64')],
    ['base64 without padding', Buffer.alloc(32, 7).toString('base64').replace('=', '')],
  ])('%s', (_what, text) => {
    expect(decodeSecretKey(text)).toHaveLength(32)
  })

  test.each([['31 bytes', Buffer.alloc(31).toString('base64')], ['33 bytes', Buffer.alloc(33).toString('base64')], ['62 digits', '11'.repeat(31)], ['a sentence', 'correct horse battery staple of 32'], ['base64 with spaces', `${Buffer.alloc(32).toString('base64').slice(0, 20)} ${Buffer.alloc(32).toString('base64').slice(20)}`]])(
    'nothing when it is %s',
    (_what, text) => {
      expect(decodeSecretKey(text)).toBeNull()
    },
  )
})
