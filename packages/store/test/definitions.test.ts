import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import type { Database } from '../src/database.ts'
import { Definitions, type TurnDefinition } from '../src/queries/turns.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void // by the flag

const megabyte = 1024 * 1024

it('what a process remembers of definitions does not grow with their texts', async () => {
  let kept = 0
  const db = { query: async () => (kept++, { rows: [] }) } as unknown as Database // nothing of an answer is read
  const definitions = new Definitions()
  const keep = (prompt: number) => definitions.keep(db, 'org_1', { system_prompt: `${prompt} ${'x'.repeat(megabyte)}` } as TurnDefinition)
  const sha256 = await keep(0)
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  for (let prompt = 1; prompt < 64; prompt++) await keep(prompt)
  collectGarbage()
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(16 * megabyte)
  expect(await keep(0)).toBe(sha256)
  expect(kept).toBe(64)
})
