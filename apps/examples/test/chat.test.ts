import { PassThrough, type Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DatabaseServers } from '../../../apps/host/test/support/database-servers.ts'
import { startServer, type TestServer } from '../../../packages/api/test/support/start-server.ts'
import { chat, type ChatOptions } from '../src/index.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer({ access: { api_key: 'secret', cors_origins: [] } })
})
afterAll(() => server.close())

/** A message of three lines: a backslash at the end goes on with the next. */
const script = (steps: object[]) => '```sim\\\n' + JSON.stringify({ steps }) + '\\\n```'

async function talk(lines: string[], options: Partial<ChatOptions> = {}): Promise<string> {
  const input = new PassThrough()
  const output = new PassThrough()
  const printed = text(output)
  input.end(lines.map((line) => `${line}\n`).join(''))
  await chat({ url: server.url, api_key: 'secret', input, output, ...options })
  output.end()
  return await printed
}

it('prints the answer to each line as it is written, and ends with its input', async () => {
  expect(await talk(['Good morning', '', 'Good evening'])).toMatch(/^Session sess_[0-9a-f]{32}.*\n.*Good morning[^]*\n.*Good evening/)
})

it('shows thinking and tools in a line each, and asks before what needs approval', async () => {
  const calculate = { name: 'calculator', arguments: { expression: '6 * 7' } }
  const steps = script([{ thinking: 'Hm.', signature: 's', text: 'I count.', tool_calls: [calculate] }, { text: 'It is 42.' }])
  const capabilities = [{ ref: 'calculator', config: { requires_approval: true } }]
  const [, ...lines] = (await talk([steps, 'y'], { capabilities })).split('\n')
  expect(lines).toEqual(['(thinks: Hm.)', 'I count.', '[calculator] {"expression":"6 * 7"}', 'May calculator run? (y/n) [calculator] → {"value":42}', 'It is 42.', ''])
  expect(await talk([steps, 'n'], { capabilities })).toContain('[calculator] failed: The call was not approved.')
})

it('goes on when its server is killed in the middle of an answer and started again', { timeout: 90_000 }, async () => {
  const servers = await DatabaseServers.create()
  try {
    const first = await servers.start('all')
    const input = new PassThrough()
    const output = new PassThrough()
    const chatting = chat({ url: first.address, input, output })
    const printed = readAll(output)
    // So slow that the server is gone long before the end.
    const said = 'One word after the other, to the end. '.repeat(8)
    input.write(`${script([{ text: said, tokens_per_second: 8 }])}\n`)
    await expect.poll(() => printed.text).toContain('One word')
    first.signal('SIGKILL')
    await first.ended
    await servers.start('all', { PORT: new URL(first.address).port })
    await expect.poll(() => printed.text, { timeout: 40_000 }).toMatch(new RegExp(`One word[^]*\\(starts again\\)\\n${said}\\n$`))
    input.end('And now?\n')
    await chatting
    expect(printed.text).toMatch(/You said: And now\?\n$/)
  } finally {
    await servers.remove()
  }
})

function readAll(output: Readable): { text: string } {
  const read = { text: '' }
  output.setEncoding('utf8').on('data', (chunk: string) => (read.text += chunk))
  return read
}

it('says what is wrong when the server does not let it in', async () => {
  await expect(talk([], { api_key: 'wrong' })).rejects.toThrow('The API key is not known')
})
