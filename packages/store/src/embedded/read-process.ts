import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** The command line of a living process; null when there is none, or only a zombie that nobody has reaped yet. */
export async function readCommandLine(pid: number): Promise<string | null> {
  return process.platform === 'linux' ? await readFromProc(pid) : await readFromPs(pid)
}

async function readFromProc(pid: number): Promise<string | null> {
  try {
    const [stat, commandLine] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile(`/proc/${pid}/cmdline`, 'utf8')])
    // The name stands in parentheses and may hold any character; the state is the first word after the last of them.
    const state = stat.slice(stat.lastIndexOf(')') + 2)[0]
    return state === 'Z' || state === 'X' ? null : commandLine.replaceAll('\0', ' ')
  } catch {
    return null
  }
}

async function readFromPs(pid: number): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'stat=,command=', '-p', String(pid)])
    return stdout.trim().startsWith('Z') ? null : stdout.trim()
  } catch {
    return null
  }
}
