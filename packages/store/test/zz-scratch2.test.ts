import { test, beforeAll, describe } from 'vitest'
describe('h', () => { beforeAll(() => { throw new Error('hook') }); test('y', () => {}) })
test('rejects', () => { void Promise.reject(new Error('unhandled')) })
test.todo('later')
