import { readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { readCommandLine } from './read-process.ts'

export interface Postmaster {
  pid: number
  port: number
  socketFolder: string
  /** Connections are accepted; otherwise the server is starting, recovering or stopping. */
  isReady: boolean
}

/** Reads which server runs on a data folder; null when none lives, whatever a crash has left in the file. */
export async function readPostmaster(dataDir: string): Promise<Postmaster | null> {
  const lines = await readPidFile(dataDir)
  if (!lines) return null
  const commandLine = await readCommandLine(Number(lines[0]))
  if (commandLine === null || !isServerOf(dataDir, commandLine)) return null
  return { pid: Number(lines[0]), port: Number(lines[3]), socketFolder: lines[4] ?? '', isReady: lines[7]?.trim() === 'ready' }
}

/**
 * After a reset of the machine or its container, the pid in the file may be that of an unrelated process of the same user, and
 * PostgreSQL would refuse to start for as long as that one lives. A file that names no server of this folder is removed.
 */
export async function removeStalePidFile(dataDir: string): Promise<void> {
  const lines = await readPidFile(dataDir)
  if (!lines) return
  const commandLine = await readCommandLine(Number(lines[0]))
  if (commandLine !== null && !isServerOf(dataDir, commandLine)) await unlink(join(dataDir, 'postmaster.pid'))
}

/** pg_ctl gives every server its data folder in so many words; the blank behind it tells /data/pg from /data/pg2. */
function isServerOf(dataDir: string, commandLine: string): boolean {
  return `${commandLine} `.includes(` -D ${dataDir} `)
}

async function readPidFile(dataDir: string): Promise<string[] | null> {
  try {
    const lines = (await readFile(join(dataDir, 'postmaster.pid'), 'utf8')).split('\n')
    return Number(lines[0]) > 0 ? lines : null
  } catch (error) {
    // `as`: node:fs throws nothing else.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
