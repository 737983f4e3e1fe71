import { test } from 'vitest'
import './does-not-exist.ts'
test('x', () => {})
