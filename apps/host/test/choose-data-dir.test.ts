import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chooseDataDir } from '../src/choose-data-dir.ts'

const root = 0
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reprise-test-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

test('the data is where the command is started', async () => {
  expect(chooseDataDir(folder, 1000)).toBe(join(folder, '.reprise'))
  await chmod(folder, 0o755)
  expect(chooseDataDir(folder, root)).toBe(join(folder, '.reprise'))
})

test('in a private folder of root it is elsewhere, the same place each time and no other folder’s', async () => {
  expect(chooseDataDir(folder, root)).toMatch(/^\/var\/lib\/reprise\/[0-9a-f]{12}$/)
  expect(chooseDataDir(folder, root)).toBe(chooseDataDir(folder, root))
})
