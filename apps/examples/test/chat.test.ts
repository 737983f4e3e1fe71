import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startServer, type TestServer } from '../../../packages/api/test/support/start-server.ts'
import { chat } from '../src/index.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer({ access: { api_key: 'secret', cors_origins: [] } })
})
afterAll(() => server.close())

it('prints the answer to each line as it is written, and ends with its input', async () => {
  const input = new PassThrough()
  const output = new PassThrough()
  const printed = text(output)
  input.write('Good morning\n\nGood evening\n')
  input.end()
  await chat({ url: server.url, api_key: 'secret', input, output })
  output.end()
  expect(await printed).toMatch(/^Session sess_[0-9a-f]{32}.*\n.*Good morning[^]*Good evening/)
})

it('says what is wrong when the server does not let it in', async () => {
  const output = new PassThrough()
  await expect(chat({ url: server.url, api_key: 'wrong', input: new PassThrough(), output })).rejects.toThrow('A valid API key is required')
})
