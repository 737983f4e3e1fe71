import { expect, test } from 'vitest'
import { AppError, errorCatalogue, toProblem, type ErrorCode } from '../src/index.ts'

test('every code has an HTTP error status and a title of its own', () => {
  const entries = Object.values(errorCatalogue)
  for (const { status } of entries) expect(status).toBeGreaterThanOrEqual(400)
  expect(new Set(entries.map(({ title }) => title)).size).toBe(entries.length)
})

test('a problem says the same to clients of RFC 9457 and to those of the documented API', () => {
  const error = new AppError('invalid_request', { message: 'title: too long', errors: [{ path: 'title', message: 'too long' }] })
  expect(toProblem(error, '/v1/sessions')).toEqual({
    type: '/docs/errors#invalid_request',
    title: 'Invalid request',
    status: 400,
    detail: 'title: too long',
    code: 'invalid_request',
    instance: '/v1/sessions',
    error: { code: 'invalid_request', message: 'title: too long' },
    errors: [{ path: 'title', message: 'too long' }],
  })
})

test('what is for the log only never reaches a problem', () => {
  for (const code of Object.keys(errorCatalogue) as ErrorCode[]) {
    const error = new AppError(code, { detail: 'hunter2', cause: new Error('hunter2') })
    expect(JSON.stringify(toProblem(error, '/'))).not.toContain('hunter2')
  }
})
