import { expect, test } from 'vitest'
import { createTestDatabase } from '../../../test/database.ts'
import { connectClient, isConnectionError } from '../src/index.ts'
import { startCuttingProxy } from './support/cutting-proxy.ts'

test.each([
  ['too many connections', '53300', true],
  ['out of memory', '53200', false],
  ['a full disk', '53100', true],
  ['a server that stops', '57P01', true],
  ['a value that is refused', '22023', false],
  ['a statement that was cancelled', '57014', false],
])('whether %s (%s) says nothing of the statement: %s', (_what, code, expected) => {
  expect(isConnectionError(Object.assign(new Error('as the server says it'), { code }))).toBe(expected)
})

test('a connection that falls silent is given up soon after its statement timeout, and ends without a word', async () => {
  const database = await createTestDatabase()
  const proxy = await startCuttingProxy(database.connectionString)
  const client = await connectClient({ connectionString: proxy.connectionString, applicationName: 'test', statementTimeoutMs: 100 })
  client.on('error', () => {})
  proxy.cutNext('silence')
  const error: unknown = await client.query('SELECT 1').catch((reason: unknown) => reason)
  expect(isConnectionError(error), String(error)).toBe(true)
  await client.end()
  await proxy.stop()
  await database.drop()
})
