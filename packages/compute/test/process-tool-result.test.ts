import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { threadCpuUsage } from 'node:process'
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Compute, ProcessedToolResult } from '../src/index.ts'
import { createCompute } from '../src/index.ts'

let compute: Compute
beforeAll(() => {
  compute = createCompute({ threads: 1 })
})
afterAll(() => compute.stop())

async function process(value: unknown, bytesMax?: number): Promise<ProcessedToolResult> {
  const result = await compute.processToolResult(value, { organization_id: 'org_1', bytesMax })
  if (!result.ok) throw new Error(result.refusal.message)
  return result.value
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

describe('a result that is JSON', () => {
  it('stays as it is', async () => {
    const value = { a: [1, 'é', null, true], b: {} }
    expect(await process(value)).toEqual({ value, is_error: false, images: [], truncated: false, size_bytes: jsonBytes(value), whole: null })
  })

  it('stays as it is on a thread too', async () => {
    const value = { list: Array.from({ length: 3_000 }, (_, index) => ({ index, name: `row ${index}` })) }
    expect(await process(value)).toEqual({ value, is_error: false, images: [], truncated: false, size_bytes: jsonBytes(value), whole: null })
  })

  it('has NUL and lone surrogates replaced', async () => {
    expect((await process({ text: 'a\0b\ud800' })).value).toEqual({ text: 'a\uFFFDb\uFFFD' })
  })
})

describe('a result that is not JSON', () => {
  const circular: Record<string, unknown> = { name: 'loop' }
  circular['self'] = circular
  const throwing = Object.defineProperty({}, 'secret', { enumerable: true, get: () => { throw new Error('no') } })
  it.each([
    ['undefined', undefined, null],
    ['a bigint', 10n ** 20n, '100000000000000000000'],
    ['a function', () => 1, '[function]'],
    ['a symbol', Symbol('x'), '[symbol]'],
    ['NaN', Number.NaN, null],
    ['a circular object', circular, { name: 'loop', self: '[circular]' }],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['an error', new TypeError('odd'), { name: 'TypeError', message: 'odd' }],
    ['bytes', new Uint8Array(5), '[5 bytes]'],
    ['a map', new Map([['a', 1]]), [['a', 1]]],
    ['a set', new Set([1, 2]), [1, 2]],
    ['a getter that throws', { ok: throwing }, { ok: '[unreadable]' }],
    ['a toJSON that throws', { toJSON: () => { throw new Error('no') } }, '[unreadable]'],
  ])('gets a clear form: %s', async (_name, value, expected) => {
    expect((await process(value)).value).toEqual(expected)
  })

  it('gets a clear form even when it is large and cannot be sent to a thread', async () => {
    const value = { call: () => 1, text: 'x'.repeat(50_000) }
    expect((await process(value)).value).toEqual({ call: '[function]', text: value.text })
  })

  it('ends, however often it refers to its own parts', async () => {
    let value: unknown = 'leaf'.repeat(1_000)
    for (let depth = 0; depth < 40; depth++) value = [value, value]
    expect(await compute.processToolResult(value, { organization_id: 'org_1' })).toMatchObject({ refusal: { code: 'body_too_large' } })
  })

  it('is marked where it is nested too deep', async () => {
    let value: unknown = 'leaf'
    for (let depth = 0; depth < 5_000; depth++) value = [value]
    expect(JSON.stringify((await process(value)).value)).toContain('[nested too deep]')
  })
})

describe('a result above the limit', () => {
  it.each([
    ['a text', 'x'.repeat(400_000)],
    ['a text of quotes', '"'.repeat(400_000)],
    ['a text beyond ASCII', '😀'.repeat(100_000)],
    ['a list', Array.from({ length: 30_000 }, (_, index) => `row ${index}`)],
    ['a text of 40 million characters', 'y'.repeat(40_000_000)],
  ])('is cut to it, with a marker that says the full size: %s', async (_name, given) => {
    const { value, truncated, size_bytes } = await process(given)
    expect(truncated).toBe(true)
    expect(jsonBytes(value)).toBeLessThanOrEqual(256 * 1024)
    expect(jsonBytes(value)).toBeGreaterThan(250 * 1024)
    expect(value).toContain(`[truncated: the full value is ${size_bytes} bytes`)
    expect((value as string).isWellFormed()).toBe(true)
  })

  it('is cut to a limit of the caller’s own', async () => {
    const { value, size_bytes } = await process('z'.repeat(1_000), 200)
    expect(size_bytes).toBe(1_002)
    expect(jsonBytes(value)).toBeLessThanOrEqual(200)
  })

  it.each([
    ['more than 64 MiB of text', 'y'.repeat(64 * 1024 * 1024 + 1)],
    ['more than 64 MiB of UTF-8', ['é'.repeat(40 * 1024 * 1024)]],
  ])('is refused when it has %s', async (_name, given) => {
    const refused = await compute.processToolResult(given, { organization_id: 'org_1' })
    expect(refused).toEqual({ ok: false, refusal: { code: 'body_too_large', message: 'it is larger than 64 MiB' } })
  })
})

/** The longest time, in ms of this thread's own work, that nothing else had its turn. */
function watchLoop(): { stop(): Promise<number> } {
  const end = new AbortController()
  let worstMs = 0
  const read = () => {
    const { user, system } = threadCpuUsage()
    return (user + system) / 1000
  }
  const watched = (async () => {
    for (let before = read(); !end.signal.aborted; ) {
      await setImmediate()
      const after = read()
      worstMs = Math.max(worstMs, after - before)
      before = after
    }
    return worstMs
  })()
  return {
    stop() {
      end.abort()
      return watched
    },
  }
}

describe('the whole of a result above the limit', () => {
  const at = '/v1/sessions/sess_1/tool-results/call_1'
  async function processWhole(given: unknown): Promise<ProcessedToolResult> {
    const result = await compute.processToolResult(given, { organization_id: 'org_1', whole_at: at })
    if (!result.ok) throw new Error(result.refusal.message)
    return result.value
  }

  it.each([
    ['a text', 'x'.repeat(400_000)],
    ['a text with an emoji at every edge', '😀'.repeat(3 * 1024 * 1024)],
    ['texts within a value', { list: [{ text: 'é"\\\n'.repeat(200_000) }, 7, null, { text: 'b'.repeat(5_000) }], 'ключ': 'v' }],
    ['very many values', Array.from({ length: 400_000 }, (_, index) => index)],
    ['something beside what cannot be cloned', { text: 'x'.repeat(400_000), call: () => 1 }],
  ])('comes with it, and the beginning says where it will be: %s', async (_name, given) => {
    const { value, truncated, size_bytes, whole } = await processWhole(given)
    expect(truncated).toBe(true)
    expect(value).toContain(`[truncated: the full value is ${size_bytes} bytes of JSON, at ${at}]`)
    const json = JSON.stringify(given, (_key, member: unknown) => (typeof member === 'function' ? '[function]' : member))
    expect(Buffer.from(whole!.bytes).equals(Buffer.from(json))).toBe(true)
    expect(whole!.sha256).toBe(createHash('sha256').update(json).digest('hex'))
    expect(size_bytes).toBe(Buffer.byteLength(json))
  })

  it('has NUL and lone surrogates replaced', async () => {
    const { whole } = await processWhole({ text: `${'x'.repeat(300_000)}\0\ud800` })
    expect(Buffer.from(whole!.bytes).toString()).toBe(`{"text":"${'x'.repeat(300_000)}\uFFFD\uFFFD"}`)
  })

  it('does not hold up the main thread, in whatever form 50 MB come', async () => {
    // As it is after having been read from somewhere: in one piece.
    const text = Buffer.alloc(50_000_000, 'word ').toString()
    for (const given of [text, { content: [{ type: 'text', text }] }, Array.from({ length: 10_000 }, () => 'x'.repeat(5_000))]) {
      const watch = watchLoop()
      const { size_bytes } = await processWhole(given)
      expect(size_bytes).toBeGreaterThan(50_000_000)
      // Some 10 ms where nothing else runs; a clone of it all takes ten times as long.
      expect(await watch.stop()).toBeLessThan(60)
    }
  })
})

describe('what came over a wire', () => {
  async function read(bytes: string | Buffer, form: 'json' | 'text' = 'json') {
    return await compute.readToolAnswer({ bytes: Buffer.from(bytes), form, is_wrapped: true }, { organization_id: 'org_1', whole_at: '/there' })
  }

  it.each([
    ['a result', '{"result":{"id":7}}', { value: { id: 7 }, is_error: false }],
    ['an error', '{"error":"full"}', { value: 'full', is_error: true }],
    ['both', '\uFEFF{"result":1,"error":"x"}', { value: { result: 1, error: 'x' }, is_error: false }],
    ['NUL and a lone surrogate', '["a\\u0000b\\ud800"]', { value: ['a\uFFFDb\uFFFD'], is_error: false }],
    ['__proto__', '{"__proto__":{"admin":true},"a":1}', { value: { a: 1 }, is_error: false }],
  ])('is parsed on a thread: %s', async (_name, json, expected) => {
    expect(await read(json)).toMatchObject({ ok: true, value: { ...expected, truncated: false } })
  })

  it.each([['broken JSON', '{"a":'], ['nothing', ''], ['HTML', '<html>']])('is refused when it is no JSON: %s', async (_name, text) => {
    expect(await read(text)).toMatchObject({ ok: false, refusal: { code: 'invalid_json' } })
  })

  it('is cut where it is nested without end', async () => {
    const result = await read(`${'['.repeat(200_000)}${']'.repeat(200_000)}`)
    expect(JSON.stringify(result)).toContain('[nested too deep]')
  })

  it('is kept as text when it has more values than a thread may hold', async () => {
    const json = `[${'{},'.repeat(2_000_000)}1]`
    const result = await read(json)
    if (!result.ok) throw new Error(result.refusal.message)
    expect(result.value.value).toMatch(/^\[\{\},\{\},/)
    expect(JSON.parse(Buffer.from(result.value.whole!.bytes).toString())).toBe(json)
  })

  it('may be 64 MiB of whatever is the most to hold, and no more', async () => {
    const most = 64 * 1024 * 1024 - 100
    const results = [await read(`{"t":"${'x'.repeat(most)}я"}`), await read(Buffer.alloc(most, '"'), 'text'), await read(`["${'\\n'.repeat(most / 2 - 2)}"]`)]
    expect(results.map((result) => result.ok && result.value.truncated)).toEqual([true, true, true])
    expect(await read(Buffer.alloc(64 * 1024 * 1024 + 1, 'x'), 'text')).toMatchObject({ ok: false, refusal: { code: 'body_too_large' } })
  }, 60_000)
})
