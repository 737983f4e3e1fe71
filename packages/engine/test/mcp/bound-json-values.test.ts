import { expect, test } from 'vitest'
import { countJsonValues } from '../../src/tools/mcp/bound-json-values.ts'

/** Whether it is too much, in pieces of each length. */
function exceeds(text: string, valuesMax: number, isEventStream = true): boolean {
  const bytes = Buffer.from(text)
  const verdicts = [1, 2, 7, bytes.length].map((size) => {
    const count = countJsonValues(valuesMax, { isEventStream })
    for (let at = 0; at < bytes.length; at += size) if (count(bytes.subarray(at, at + size))) return true
    return false
  })
  expect(new Set(verdicts).size).toBe(1)
  return verdicts[0]!
}

test('values are counted, and what stands in strings is none', () => {
  expect(exceeds('[1,2,3,4]', 4)).toBe(false)
  expect(exceeds('[1,2,3,4,5]', 4)).toBe(true)
  expect(exceeds('["[,{,[,{\\",[,{\\\\"]', 2)).toBe(false)
  expect(exceeds('["\\\\",1,2,3]', 3)).toBe(true)
})

test('each event of a stream is counted for itself, whatever ends its lines', () => {
  for (const end of ['\n', '\r\n', '\r']) expect(exceeds(`data: [1,2,3]${end}${end}`.repeat(10), 4)).toBe(false)
})

test('neither a quote in a comment nor a value over many lines hides what follows', () => {
  for (const end of ['\n', '\r\n', '\r']) {
    expect(exceeds(`: "${end}data: [1,2,3,4,5]${end}${end}`, 4)).toBe(true)
    expect(exceeds(`data: [1,${end}`.repeat(5), 4)).toBe(true)
  }
})

test('an empty line is white space where the answer is one JSON, and ends nothing', () => {
  for (const end of ['\n\n', '\r\n\r\n', '\r\r']) expect(exceeds(`[1,${end}2,${end}3,${end}4,${end}5]`, 4, false)).toBe(true)
  expect(exceeds('[1,\n\n2,3,4]', 4, false)).toBe(false)
})
