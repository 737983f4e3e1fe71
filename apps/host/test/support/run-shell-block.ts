import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { RunningServer } from './host-folder.ts'

/** The page shows no key, and says nothing of failures: both are added by a `curl` that comes before the real one. */
export async function putCurl(folder: string): Promise<void> {
  const path = join(folder, 'curl')
  await writeFile(path, `#!/bin/sh\nPATH=\${PATH#*${delimiter}} exec curl --silent --show-error --fail-with-body -H "Authorization: $REPRISE_API_KEY" "$@"\n`)
  await chmod(path, 0o755)
}

/** An event of a stream: whoever reads it here has seen enough. */
const firstEvent = /^data: .*"id":.*\n/m

/** Runs a block as it is pasted, and gives what it wrote. A stream of events is left after the first one. */
export async function runShellBlock(text: string, { address }: RunningServer, folder: string, variables: Record<string, string>): Promise<string> {
  const { PATH = '' } = process.env
  const command = text.replaceAll('http://127.0.0.1:9000', address)
  const shell = spawn('sh', ['-e', '-u', '-c', command], { env: { ...variables, PATH: folder + delimiter + PATH }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const written = { stdout: '', stderr: '' }
  let isLeft = false
  shell.stderr.setEncoding('utf8').on('data', (more: string) => (written.stderr += more))
  shell.stdout.setEncoding('utf8').on('data', (more: string) => {
    written.stdout += more
    if (isLeft || !firstEvent.test(written.stdout)) return
    isLeft = true
    // Its own group: the shell and its curl.
    process.kill(-shell.pid!, 'SIGTERM')
  })
  const [code] = (await once(shell, 'close')) as [number | null] // by Node's documentation
  if (code !== 0 && !isLeft) throw new Error(`it ended with ${code}:\n${command}\n${written.stdout}\n${written.stderr}`)
  return written.stdout
}
