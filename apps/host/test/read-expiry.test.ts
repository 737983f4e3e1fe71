import { expect, test } from 'vitest'
import { readExpiry } from '../src/keys/read-expiry.ts'

const now = Date.parse('2026-11-26T12:00:00Z')

test.each([
  ['90m', '2026-11-26T13:30:00.000Z'],
  ['12h', '2026-11-27T00:00:00.000Z'],
  ['30d', '2026-12-26T12:00:00.000Z'],
  ['2w', '2026-12-10T12:00:00.000Z'],
  ['2027-01-31', '2027-01-31T00:00:00.000Z'],
  ['2027-01-31T10:00:00+02:00', '2027-01-31T08:00:00.000Z'],
])('%s is %s', (text, expected) => {
  expect(readExpiry(text, now)).toBe(expected)
})

test.each(['', '30', 'd', '0d', '-1d', '1.5h', '30 d', '30days', '9999999d', '999999w', '2026-11-26', '2020-01-01', '2027-02-30', '2027-1-1', '31.01.2027', '2027-01-31T10:00:00', 'tomorrow', 'never'])('%j is refused', (text) => {
  expect(() => readExpiry(text, now)).toThrow('--expires must be')
})
