import { expect, test } from 'vitest'
import { isConnectionError } from '../src/index.ts'

test.each([
  ['too many connections', '53300', true],
  ['out of memory', '53200', true],
  ['a full disk', '53100', true],
  ['a server that stops', '57P01', true],
  ['a value that is refused', '22023', false],
  ['a statement that was cancelled', '57014', false],
])('whether %s (%s) says nothing of the statement: %s', (_what, code, expected) => {
  expect(isConnectionError(Object.assign(new Error('as the server says it'), { code }))).toBe(expected)
})
