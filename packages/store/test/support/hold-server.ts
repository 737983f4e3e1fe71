import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface HeldServer {
  process: ChildProcess
  connectionString: string
  owned: boolean
}

/** Has another process start PostgreSQL on the folder and keep it; as another user of this machine when root asks for one. */
export async function holdServer(dataDir: string, user: { uid: number; gid: number } | null = null): Promise<HeldServer> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'start-and-hold.ts'), dataDir], { stdio: ['pipe', 'pipe', 'pipe'], cwd: '/', ...user })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  const firstLine = once(createInterface(child.stdout), 'line') as Promise<[string]> // readline's own event
  const ended = once(child, 'close').then(() => {
    throw new Error(`the other process ended: ${complaint}`)
  })
  const [line] = await Promise.race([firstLine, ended])
  ended.catch(() => {}) // killing it later is what tests do
  return { process: child, ...(JSON.parse(line) as { connectionString: string; owned: boolean }) } // written by start-and-hold.ts
}

/** Resolves when the process is gone and reaped. */
export async function kill(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close')
  child.kill('SIGKILL')
  await closed
}
