import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const entry = join(import.meta.dirname, '../../bin/reprise.js')

export interface CliProcess {
  pid: number
  /** What it has written so far. */
  output(): { stdout: string; stderr: string }
  /** The match, once what it has written to either has one; fails when it ends without. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>
  /** To its whole group, as a terminal does it. */
  signal(name: NodeJS.Signals): void
  /** The exit code; null when a signal ended it. */
  ended: Promise<number | null>
}

/** Runs the command line as a process of its own, with these settings and no others. */
export function startCli(args: string[], settings: Record<string, string>, nodeOptions: string[] = []): CliProcess {
  const { PATH, HOME, TMPDIR } = process.env
  const child = spawn(process.execPath, [...nodeOptions, entry, ...args], {
    env: { PATH, HOME, ...(TMPDIR && { TMPDIR }), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const written = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (written.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (written.stderr += text))
  const ended = once(child, 'close').then(([code]) => code as number | null) // by Node's documentation
  const pid = child.pid!
  return {
    pid,
    output: () => ({ ...written }),
    async waitFor(pattern) {
      for (;;) {
        const match = pattern.exec(written.stdout) ?? pattern.exec(written.stderr)
        if (match) return match
        const heard = new AbortController()
        const more = [child.stdout, child.stderr].map(async (stream) => void (await once(stream, 'data', heard).catch(() => {})))
        const isOver = await Promise.race([Promise.race(more).then(() => false), ended.then(() => true)])
        heard.abort()
        if (isOver && !pattern.test(written.stdout + written.stderr)) throw new Error(`it ended without ${pattern}:\n${written.stdout}\n${written.stderr}`)
      }
    },
    signal(name) {
      process.kill(-pid, name)
    },
    ended,
  }
}

/** Runs it to its end. */
export async function runCli(args: string[], settings: Record<string, string>, nodeOptions: string[] = []): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const cli = startCli(args, settings, nodeOptions)
  const code = await cli.ended
  return { code, ...cli.output() }
}
