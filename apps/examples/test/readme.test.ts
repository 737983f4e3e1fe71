import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { startServer } from '../../../packages/api/test/support/start-server.ts'

const root = join(import.meta.dirname, '../../..')

it.each(['README.md', 'packages/client/README.md'])('the client in ten lines, as it stands in %s, prints the answer', async (path) => {
  const [, lines] = /```ts\n([^]*?)```/.exec(readFileSync(join(root, path), 'utf8'))!
  expect(lines!.trim().split('\n').length).toBeLessThanOrEqual(10)
  const server = await startServer()
  const program = lines!.replace('http://127.0.0.1:9000', server.url)
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '--eval', program], { cwd: join(import.meta.dirname, '..') })
  await server.close()
  expect(stdout).toBe('You said: Hello!')
})
