import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findUnstorable, formatPath, limits, repairStorable, repairText } from '../src/index.ts'

describe('what a caller sends', () => {
  test.for([
    ['a NUL in a text', { a: ['x\0y'] }, 'a[0]', 'contains a NUL character'],
    ['a lone surrogate', { text: 'x\ud800y' }, 'text', 'contains a lone surrogate'],
    ['a NUL in a key', { a: { 'b\0': 1 } }, 'a', 'a key contains a NUL character'],
    ['a number beyond any double', JSON.parse('{"n":1e400}') as unknown, 'n', 'number is out of range'],
    ['the key __proto__', JSON.parse('{"a":{"__proto__":{"b":1}}}') as unknown, 'a', 'the key __proto__ is not allowed'],
    ['10,000 nested arrays', JSON.parse('['.repeat(10_000) + ']'.repeat(10_000)) as unknown, '[0]'.repeat(limits.jsonDepthMax), `nested deeper than ${limits.jsonDepthMax} levels`],
  ] as const)('is refused for %s, which is named', ([, value, path, message]) => {
    const found = findUnstorable(value)
    expect(found && { path: formatPath(found.path), message: found.message }).toEqual({ path, message })
  })

  test('is taken as it is when it is plain JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const found = findUnstorable(value)
        fc.pre(found?.message !== 'the key __proto__ is not allowed')
        expect(found).toBeNull()
      }),
    )
  })
})

describe('what a tool or a model returns', () => {
  test('can be stored once it is repaired, whatever it was', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, maxDepth: 4 }), (value) => {
        expect(findUnstorable(repairStorable(value))).toBeNull()
      }),
    )
  })

  test('keeps everything that can be stored', () => {
    const value = { text: 'Grüße 👋', list: [1, 2.5, true, null], nested: { deep: ['x'] } }
    expect(repairStorable(value)).toEqual(value)
  })

  test('has U+FFFD in place of what cannot', () => {
    expect(repairText('a\0b\ud800c\udc00')).toBe('a\uFFFDb\uFFFDc\uFFFD')
    expect(repairStorable({ 'k\0': 'v\ud800' })).toEqual({ 'k\uFFFD': 'v\uFFFD' })
  })

  test('that is nested too deep ends in a marker', () => {
    const deep = JSON.parse('['.repeat(500) + ']'.repeat(500)) as unknown
    expect(JSON.stringify(repairStorable(deep))).toContain('[nested too deep]')
  })
})
