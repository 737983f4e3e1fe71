import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { HostFolder } from './support/host-folder.ts'

const repository = join(import.meta.dirname, '../../..')

/** The commands of a chapter of the README, block by block. */
function readCommands(chapter: string): string[] {
  const readme = readFileSync(join(repository, 'README.md'), 'utf8')
  const [, text = ''] = new RegExp(`^## ${chapter}\\n([^]*?)^## `, 'm').exec(readme) ?? []
  return [...text.matchAll(/```sh\n([^]*?)```/g)].map(([, commands]) => commands!)
}

test('a model of one’s own answers after the commands of the README, as they are pasted', async () => {
  const [, serveModel, start, useModel] = readCommands('Use your own model')
  const program = /packages\/\S+\.ts openai/.exec(serveModel!)![0].split(' ')
  const model = spawn(process.execPath, [...program, '0'], { cwd: repository, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void model.kill())
  const [told] = (await once(model.stdout.setEncoding('utf8'), 'data')) as [string] // the encoding is set
  const port = /:(\d+)/.exec(told)![1]!
  const folder = await HostFolder.create()
  onTestFinished(() => folder.remove())
  const [, REPRISE_EGRESS_ALLOW] = /REPRISE_EGRESS_ALLOW=(\S+)/.exec(start!.replace('11434', port))!
  const server = await folder.start({ REPRISE_EGRESS_ALLOW: REPRISE_EGRESS_ALLOW! })
  const pasted = useModel!.replaceAll('11434', port).replace('http://127.0.0.1:9000', server.address)
  const { stdout } = await promisify(execFile)('sh', ['-c', pasted])
  expect(stdout).toContain('You said: Hello, model!')
})
