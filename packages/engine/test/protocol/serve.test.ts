import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { callOf, connect, hear, textOf } from '../support/provider-under-test.ts'
import { user } from '../models/sim-call.ts'

const script = fileURLToPath(new URL('serve.ts', import.meta.url))

test.each([
  ['openai', 'openai_compatible'],
  ['openai', 'openai'],
  ['anthropic', 'anthropic'],
] as const)('a server started by hand as %s echoes to %s, whatever the key', async (vendor, name) => {
  const server = spawn(process.execPath, [script, vendor, '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(server, 'exit')
  const [line] = (await once(createInterface(server.stdout), 'line')) as [string]
  const url = /http:\S+\/v1/.exec(line)![0]
  expect(textOf(await hear(connect(name, url, { api_key: 'any' }), callOf(name, [user('hello')], { model: 'whatever' })))).toBe('You said: hello')
  server.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
})

test('a server of no known vendor is refused with how it is used', async () => {
  const server = spawn(process.execPath, [script, 'constructor'], { stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = once(server, 'exit')
  const [line] = (await once(createInterface(server.stderr), 'line')) as [string]
  expect(line).toContain('openai|anthropic')
  expect(await exited).toEqual([2, null])
})
