import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-mcp-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function readServers(content: unknown): unknown {
  const file = join(folder, 'servers.json')
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return readConfig({ REPRISE_MCP_SERVERS: file }).mcpServers
}

test('programs and urls are read, with their terms', () => {
  const files = { command: 'node', args: ['files.js'], env: { TOKEN: 'x' }, requires_approval: true }
  const docs = { url: 'https://docs.example/mcp', headers: { Authorization: 'Bearer x' }, timeout_ms: 1000, effects: 'idempotent', tools: ['search'] }
  expect(readServers({ mcpServers: { files: { type: 'stdio', ...files }, docs } })).toEqual({ files, docs })
})

test.each([
  ['no JSON', '{"mcpServers": {"files": {"env": {"KEY": "se-cret"}}', 'is not valid JSON'],
  ['no mcpServers', {}, 'mcpServers: '],
  ['a key that is not known', { mcpServers: {}, servers: {} }, '"servers"'],
  ['a name that cannot begin a tool’s', { mcpServers: { 'My Files': { command: 'x' } } }, 'mcpServers.My Files: the name must be'],
  ['neither command nor url', { mcpServers: { a: {} } }, 'mcpServers.a: must have either command or url'],
  ['both', { mcpServers: { a: { command: 'x', url: 'https://x.example' } } }, 'mcpServers.a: must have either command or url'],
  ['a key of the other kind', { mcpServers: { a: { url: 'https://x.example', env: {} } } }, '"env"'],
  ['arguments that are one text', { mcpServers: { a: { command: 'x', args: '-v se-cret' } } }, 'mcpServers.a.args: '],
  ['another scheme', { mcpServers: { a: { url: 'file:///etc/passwd' } } }, 'mcpServers.a.url: '],
  ['a header of the protocol', { mcpServers: { a: { url: 'https://x.example', headers: { Host: 'se-cret' } } } }, 'mcpServers.a.headers.Host: '],
  ['a limit that is too long', { mcpServers: { a: { command: 'x', timeout_ms: 300_001 } } }, 'mcpServers.a.timeout_ms: '],
])('%s is refused by its path, and no value is shown', (_what, content, words) => {
  const read = () => readServers(content)
  expect(read).toThrow(words)
  expect(read).not.toThrow('se-cret')
})

test('a file that is not there is named', () => {
  expect(() => readConfig({ REPRISE_MCP_SERVERS: join(folder, 'none.json') })).toThrow(/none\.json" \(ENOENT\)/)
})
