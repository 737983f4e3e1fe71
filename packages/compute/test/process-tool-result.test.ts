import { Buffer } from 'node:buffer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Compute, ProcessedToolResult } from '../src/index.ts'
import { createCompute } from '../src/index.ts'

let compute: Compute
beforeAll(() => {
  compute = createCompute({ threads: 1 })
})
afterAll(() => compute.stop())

async function process(value: unknown, bytesMax?: number): Promise<ProcessedToolResult> {
  const result = await compute.processToolResult(value, { bytesMax })
  if (!result.ok) throw new Error(result.refusal.message)
  return result.value
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

describe('a result that is JSON', () => {
  it('stays as it is', async () => {
    const value = { a: [1, 'é', null, true], b: {} }
    expect(await process(value)).toEqual({ value, truncated: false, size_bytes: jsonBytes(value) })
  })

  it('stays as it is on a thread too', async () => {
    const value = { list: Array.from({ length: 3_000 }, (_, index) => ({ index, name: `row ${index}` })) }
    expect(await process(value)).toEqual({ value, truncated: false, size_bytes: jsonBytes(value) })
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
    let value: unknown = 'leaf'
    for (let depth = 0; depth < 40; depth++) value = [value, value]
    expect(await process(value)).toMatchObject({ truncated: true, value: expect.stringContaining('[truncated') })
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

  it('is only named when it has a million values', async () => {
    const { value, truncated } = await process(Array.from({ length: 1_000_000 }, (_, index) => index))
    expect(truncated).toBe(true)
    expect(value).toContain('[truncated')
  })
})
