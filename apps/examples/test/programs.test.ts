import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startServer, type TestServer } from '../../../packages/api/test/support/start-server.ts'

let server: TestServer
let folder: string
beforeAll(async () => {
  server = await startServer({ access: { api_key: 'secret', cors_origins: [] } })
  folder = await mkdtemp(join(tmpdir(), 'examples-'))
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

/** Runs an example as a person would; answers what it printed. */
async function run(name: string, args: string[], input = ''): Promise<string> {
  const running = promisify(execFile)(process.execPath, [join(import.meta.dirname, `../src/${name}/main.ts`), '--url', server.url, '--api-key', 'secret', ...args])
  running.child.stdin!.end(input)
  return (await running).stdout
}

it('the chat answers from its standard input', async () => {
  expect(await run('chat', [], 'Good morning\n')).toMatch(/^Session sess_.*\nYou said: Good morning\n$/)
})

it('the batch prints its summary', async () => {
  expect(await run('batch', ['--messages', '20', '--sessions', '3', '--in-flight', '4'])).toMatch(/^20 messages to 3 sessions, 4 at a time\.\n20 answered, 0 failed in .* turns\/s.*\nEach message is stored once and was answered once\.\n$/)
})

it('the bot keeps its list in a file', async () => {
  const file = join(folder, 'list.json')
  const script = '```sim\n' + JSON.stringify({ steps: [{ tool_calls: [{ name: 'add_item', arguments: { item: 'apples' } }] }, { text: 'Done.' }] }) + '\n```'
  const printed = await run('bot', ['--file', file, script])
  expect(printed).toMatch(/^Session sess_\w+\n\[add_item\] {"item":"apples"}\n\[add_item\] → {"items":1}\nDone\.\n$/)
  const [, session] = /(sess_\w+)/.exec(printed)!
  await run('bot', ['--file', file, '--session', session!, script])
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject([[expect.any(String), { item: 'apples', quantity: 1 }], [expect.any(String), { item: 'apples' }]])
})

it.each([
  ['the server refuses it', ['--api-key', 'another'], /^http\S+ refused: The API key is not known\n$/],
  ['there is no server', ['--url', 'http://127.0.0.1:1'], /^http:\/\/127\.0\.0\.1:1 does not answer \(.*\)\. "pnpm start" starts a server\.\n$/],
])('a program says in a line why it failed: %s', async (_, args, words) => {
  await expect(run('chat', args)).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(words) })
})
