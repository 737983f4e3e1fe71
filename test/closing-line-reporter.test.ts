import { expect, test } from 'vitest'
import { formatClosingLine } from './closing-line-reporter.ts'

test('the closing line counts what passed and failed, and names skipped tests only when there are some', () => {
  expect(formatClosingLine({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed')
  expect(formatClosingLine({ passed: 3, failed: 1, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped')
})
