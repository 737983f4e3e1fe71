import { expect, it } from 'vitest'
import { parseRetryAfter } from '../../src/egress/parse-retry-after.ts'

const now = Date.parse('2026-03-01T12:00:00Z')

it.each([
  ['0', 0],
  ['120', 120_000],
  ['999999999999999999999', 86_400_000],
  ['Sun, 01 Mar 2026 12:00:05 GMT', 5000],
  ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
  ['Fri, 01 Mar 2399 12:00:00 GMT', 86_400_000],
  ['Sun, 99 Mar 2026 12:00:05 GMT', null],
  ['2026-03-01T12:00:05Z', null],
  ['-1', null],
  ['1.5', null],
  ['soon', null],
  ['', null],
  [null, null],
])('Retry-After %j asks to wait %j ms', (value, ms) => {
  expect(parseRetryAfter(value, now)).toBe(ms)
})
