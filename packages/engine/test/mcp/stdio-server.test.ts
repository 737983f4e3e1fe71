import { createCompute } from '@reprise/compute'
import type { McpServers } from '@reprise/contract'
import type { Database, TurnDefinition } from '@reprise/store'
import { McpError } from '@modelcontextprotocol/sdk/types.js'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { KeyRing } from '../../src/secrets/key-ring.ts'
import { readMcpError } from '../../src/tools/mcp/mcp-errors.ts'
import { McpTools } from '../../src/tools/mcp/mcp-tools.ts'
import { resolveServer, type OperatorMcpServer } from '../../src/tools/mcp/server-spec.ts'
import type { ToolOutcome } from '../../src/tools/tool.ts'
import { failureOf, openEgress } from '../egress/loopback.ts'
import { toolContext } from '../tools/tool-context.ts'

const program: OperatorMcpServer = { command: process.execPath, args: [join(import.meta.dirname, 'stdio-server.ts')], env: { FILES_TOKEN: 'a-token-of-the-operator' } }
const never = new AbortController().signal
const compute = createCompute({ threads: 1 })
afterAll(() => compute.stop())
/** Programs take their time to start. */
const patience = { timeout: 15_000 }

function open(servers: Record<string, OperatorMcpServer> = { files: program }, times = {}) {
  const logged: { fields: object; message: string }[] = []
  const write = (fields: object, message: string) => void logged.push({ fields, message })
  const mcp = new McpTools({ secrets: new KeyRing([]), compute, db: {} as Database, egress: openEgress(), log: { info: write, warn: write, error: write }, servers, times: { backoffMs: 20, ...times } })
  onTestFinished(() => mcp.stop())
  const choose = async (mcp_servers: McpServers = { s: { ref: 'files' } }, organization_id = 'org_1') =>
    await mcp.choose({ organization_id, session_id: 'sess_1', id: 'turn_1', definition: { mcp_servers } as TurnDefinition }, never)
  const run = async (tool: string): Promise<ToolOutcome> => (await choose()).tools.find(({ name }) => name === `s__${tool}`)!.run({}, toolContext())
  return { mcp, logged, choose, run }
}

const resultOf = (outcome: ToolOutcome) => (outcome.ok ? String(outcome.result) : '')

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('a program is started when it is first needed, once for all, and ends with the engine', async () => {
  const { mcp, run } = open()
  const [first, second] = await Promise.all([run('pid'), run('pid')])
  const pid = Number(resultOf(first))
  expect(isAlive(pid)).toBe(true)
  expect(second).toEqual(first)
  await mcp.stop()
  expect(isAlive(pid)).toBe(false)
})

test('an organization has a program of its own: what one leaves in it, no other finds', async () => {
  const { choose } = open()
  const [own, again, others] = await Promise.all(
    ['org_1', 'org_1', 'org_2'].map(async (organization) => {
      const { tools } = await choose({ s: { ref: 'files' } }, organization)
      return resultOf(await tools.find(({ name }) => name === 's__pid')!.run({}, toolContext()))
    }),
  )
  expect(again).toBe(own)
  expect(others).toMatch(/^\d+$/)
  expect(others).not.toBe(own)
})

test('it is told nothing of this process but where programs and its home are', async () => {
  process.env['REPRISE_TEST_SECRET'] = 'not for programs'
  const names = resultOf(await open().run('environment')).split(' ')
  delete process.env['REPRISE_TEST_SECRET']
  expect(names).toContain('FILES_TOKEN')
  expect(names).toContain('PATH')
  expect(['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER', 'FILES_TOKEN']).toEqual(expect.arrayContaining(names))
})

test('what it writes to stderr is logged, so much of it, and no secret of its environment comes back from it', async () => {
  const { logged, run } = open()
  expect(await run('secret')).toEqual({ ok: true, result: 'it is ***' })
  await expect.poll(() => logged.length, patience).toBe(201)
  expect(logged[0]).toMatchObject({ fields: { mcp_server: 's', line: 'started with ***' } })
  expect(JSON.stringify(logged)).not.toContain('a-token-of-the-operator')
})

test('no part of a secret comes back from what it lists, tells or refuses, and no half of a character', async () => {
  const { choose, logged } = open()
  const { tools } = await choose()
  const told: string[] = []
  for (const tool of tools.filter(({ name }) => name === 's__report')) await tool.run({}, toolContext({ progress: (message) => told.push(message) }))
  await expect.poll(() => logged.length, patience).toBe(201)
  const schema = tools.find(({ name }) => name === 's__schema')
  expect(schema).toMatchObject({ description: `${'d'.repeat(4_090)}***`, parameters: { properties: { path: { description: 'as ***' } } } })
  expect(tools.map(({ name }) => name)).toEqual(['pid', 'environment', 'secret', 'die', 'shout', 'schema', 'report'].map((name) => `s__${name}`))
  expect(told).toEqual([`${'p'.repeat(499)}\ufffd`])
  expect(logged[1]).toMatchObject({ fields: { line: `${'s'.repeat(490)}***` } })
  const refused = readMcpError(new McpError(-32602, `${'r'.repeat(990)}a-token-of-the-operator`), ['a-token-of-the-operator'])
  expect(refused.message).toBe(`answered with an error: ${'r'.repeat(990)}***`)
  expect(JSON.stringify([tools, logged])).not.toContain('a-token')
})

test('one that dies in a call may have run it, and is started again for the next', async () => {
  const { run } = open()
  const pid = await run('pid')
  expect(await failureOf(run('die'))).toMatchObject({ name: 'ToolFault', retryable: true, mayHaveRun: true, message: expect.stringContaining('ended the connection') })
  await expect.poll(async () => resultOf(await run('pid').catch(() => pid)), patience).not.toBe(resultOf(pid))
})

test('one that cannot be started, or ends at once, is left alone for a while', async () => {
  for (const command of ['/no/such/program', 'true']) {
    const { choose, logged } = open({ files: { command } }, { backoffMs: 60_000 })
    expect((await choose()).tools).toEqual([])
    expect((await choose()).tools).toEqual([])
    expect(await (await choose()).findAbsent('s__pid')!.run({}, toolContext())).toMatchObject({ ok: false, error: expect.stringMatching(/cannot be connected to \(ENOENT\)|ended the connection/) })
    expect(logged.every(({ message }) => message === 'a turn goes on without an MCP server')).toBe(true)
  }
})

test('one that answers with too much is ended, and its turn goes on', async () => {
  expect(await failureOf(open().run('shout'))).toMatchObject({ name: 'ToolFault', message: expect.stringContaining('ended the connection') })
})

test('one that is idle is ended, and started again when it is needed', async () => {
  const { run } = open(undefined, { idleMsMax: 50 })
  const pid = Number(resultOf(await run('pid')))
  await expect.poll(() => isAlive(pid), patience).toBe(false)
  expect(Number(resultOf(await run('pid')))).not.toBe(pid)
})

test('whoever names it may ask for less of it, and not for more', async () => {
  const { choose } = open({ files: { ...program, tools: ['pid', 'die'], requires_approval: true, effects: 'at_most_once', timeout_ms: 5_000 } })
  const { tools } = await choose({ s: { ref: 'files', tools: ['pid', 'secret'], requires_approval: false, effects: 'idempotent', timeout_ms: 60_000 } })
  expect(tools).toMatchObject([{ name: 's__pid', requires_approval: true, effects: 'at_most_once' }])
  expect((await choose({ s: { ref: 'gone' } })).findAbsent('s__pid')).not.toBeNull()
})

test('whoever names it may not have what may run only once repeated, and has the time that its operator gives', () => {
  const resolve = (operator: object, request: object) => resolveServer('s', { ref: 'files', ...request }, { organization_id: 'org_1', kept: {}, operators: { files: { ...program, ...operator } } })
  expect(resolve({}, { effects: 'idempotent' })).toMatchObject({ effects: null, timeoutMs: 60_000 })
  expect(resolve({ effects: 'idempotent' }, { effects: 'at_most_once' })).toMatchObject({ effects: 'at_most_once' })
  expect(resolve({ effects: 'idempotent' }, {})).toMatchObject({ effects: 'idempotent' })
  expect(resolve({ timeout_ms: 300_000 }, {})).toMatchObject({ timeoutMs: 300_000 })
  expect(resolve({ timeout_ms: 300_000 }, { timeout_ms: 90_000 })).toMatchObject({ timeoutMs: 90_000 })
  expect(resolve({}, { timeout_ms: 300_000 })).toMatchObject({ timeoutMs: 60_000 })
})

test('it does not outlive a process that was killed', async () => {
  const holder = spawn(process.execPath, [join(import.meta.dirname, 'hold-stdio.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void holder.kill('SIGKILL'))
  const [line] = (await once(createInterface({ input: holder.stdout }), 'line')) as [string]
  const pid = Number(line)
  expect(isAlive(pid)).toBe(true)
  holder.kill('SIGKILL')
  await expect.poll(() => isAlive(pid), patience).toBe(false)
})
