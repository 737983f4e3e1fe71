import { Buffer } from 'node:buffer'
import { afterAll, expect, it } from 'vitest'
import { createCompute } from '../src/index.ts'

const compute = createCompute({ threads: 1, taskTimeoutMs: 120_000 })
afterAll(() => compute.stop())

it('ten results of 50 MB at once need the memory of one: at most 600 MB beside themselves', async () => {
  const texts = Array.from({ length: 10 }, (_, index) => Buffer.alloc(50_000_000, `word ${index} `).toString())
  const rssBefore = process.memoryUsage().rss
  let rssMost = rssBefore
  const watch = setInterval(() => (rssMost = Math.max(rssMost, process.memoryUsage().rss)), 5)
  await Promise.all(
    texts.map(async (text) => {
      const result = await compute.processToolResult({ text }, { organization_id: 'org_1', whole_at: '/there' })
      expect(result.ok && result.value.whole!.bytes.byteLength).toBe(Buffer.byteLength(text) + '{"text":""}'.length)
    }),
  )
  clearInterval(watch)
  expect((rssMost - rssBefore) / 1e6).toBeLessThan(600)
}, 120_000)
