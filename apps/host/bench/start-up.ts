import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HttpConnection } from './http-connection.ts'
import { median, printRows } from './statistics.ts'
import { createSession } from './turns.ts'

const rounds = 5

/** From starting the process to the first 201, on a data folder that is there already. */
export async function measureStartUp(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-bench-'))
  await chmod(folder, 0o755) // as root, PostgreSQL runs as another user
  const first = await startOnce(folder)
  const later: number[] = []
  for (let round = 0; round < rounds; round++) later.push(await startOnce(folder))
  await rm(folder, { recursive: true, force: true })
  printRows('From the start of the process to the first 201', [
    ['on a new data folder', `${first.toFixed(0)} ms`],
    [`on an existing one, median of ${rounds}`, `${median(later).toFixed(0)} ms`],
  ])
}

async function startOnce(folder: string): Promise<number> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [new URL('../bin/reprise.js', import.meta.url).pathname, 'serve'], {
    env: { ...process.env, PORT: '0', REPRISE_DATA_DIR: folder, DATABASE_URL: '', REPRISE_API_KEY: '', OPENAI_API_KEY: '', ANTHROPIC_API_KEY: '' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const address = await new Promise<string>((resolve, reject) => {
    let printed = ''
    child.stdout.on('data', (bytes: Buffer) => {
      printed += bytes.toString()
      const match = /Address\s+(http:\S+)/.exec(printed)
      if (match) resolve(match[1]!)
    })
    child.once('exit', () => reject(new Error('the host ended before it was ready')))
  })
  const connection = await HttpConnection.open(address)
  await createSession(connection)
  const ms = performance.now() - startedAt
  connection.close()
  child.kill('SIGTERM')
  await once(child, 'exit')
  return ms
}
