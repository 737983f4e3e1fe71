import { describe, expect, it } from 'vitest'
import { findSpan } from '../src/raw-json.ts'

function slice(text: string, path: (string | number)[]): string | null {
  const span = findSpan(text, path)
  return span && text.slice(span.start, span.end)
}

describe('findSpan', () => {
  it('gives numbers, key order and whitespace as they are written', () => {
    const text = '{ "metadata" : {"b": 1.0, "1":  12345678901234567890 } , "tags":[ ] }'
    expect(slice(text, ['metadata'])).toBe('{"b": 1.0, "1":  12345678901234567890 }')
    expect(slice(text, ['metadata', '1'])).toBe('12345678901234567890')
    expect(slice(text, ['tags'])).toBe('[ ]')
  })

  it('takes the last of two members with one name', () => {
    expect(slice('{"a":1,"b":2,"a":{"c":3}}', ['a', 'c'])).toBe('3')
  })

  it('finds a key that is written with escapes', () => {
    expect(slice('{"\\u0061\\"":[true]}', ['a"', 0])).toBe('true')
  })

  it('is not misled by quotes, backslashes and brackets in strings', () => {
    expect(slice('["\\\\","]}\\"","\\\\\\"",7]', [3])).toBe('7')
  })

  it('gives null for a path that leads nowhere', () => {
    expect(slice('{"a":[1]}', ['a', 1])).toBeNull()
    expect(slice('{"a":[1]}', ['a', 0, 'b'])).toBeNull()
    expect(slice('3', ['a'])).toBeNull()
  })

  it('passes over 100,000 nested arrays without recursion', () => {
    const nested = '['.repeat(100_000) + ']'.repeat(100_000)
    expect(slice(`{"a":${nested},"b":2}`, ['b'])).toBe('2')
  })

  it('agrees with JSON.parse on every value of 300 random documents', () => {
    const random = seededRandom(7)
    for (let round = 0; round < 300; round++) {
      const text = writeRandomJson(random, 4)
      for (const path of listPaths(JSON.parse(text))) {
        const found = slice(text, path)
        expect(found, `${JSON.stringify(path)} in ${text}`).not.toBeNull()
        expect(JSON.parse(found!)).toEqual(readPath(JSON.parse(text), path))
      }
    }
  })
})

function seededRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Valid JSON with odd spaces, escapes, empty and repeated keys. */
function writeRandomJson(random: (below: number) => number, depth: number): string {
  const space = () => ['', '', ' ', '\n\t', '\r '][random(5)]!
  const string = () => `"${Array.from({ length: random(4) }, () => ['a', '\\"', '\\\\', ']', '{', ',', ':', '\\u0061', 'é', '漢', '\\/'][random(11)]!).join('')}"`
  const list = (item: () => string) => Array.from({ length: random(4) }, () => space() + item() + space()).join(',') || space()
  const kind = random(depth > 0 ? 6 : 4)
  if (kind === 0) return string()
  if (kind === 1) return ['0', '-1.0', '1e3', '12345678901234567890', '2.50E-2'][random(5)]!
  if (kind <= 3) return ['true', 'false', 'null'][random(3)]!
  if (kind === 4) return `[${list(() => writeRandomJson(random, depth - 1))}]`
  return `{${list(() => string() + space() + ':' + space() + writeRandomJson(random, depth - 1))}}`
}

function listPaths(value: unknown): (string | number)[][] {
  if (value === null || typeof value !== 'object') return [[]]
  const keys = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value)
  return [[], ...keys.flatMap((key) => listPaths((value as Record<string | number, unknown>)[key]).map((path) => [key, ...path]))]
}

function readPath(value: unknown, path: (string | number)[]): unknown {
  return path.reduce((found, key) => (found as Record<string | number, unknown>)[key], value)
}
