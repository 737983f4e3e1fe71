import { spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { clusterError } from './cluster.ts'

/** PostgreSQL's customary user; created when root starts a server on a machine without it. */
const unprivilegedUser = 'postgres'

export interface OsUser {
  name: string
  uid: number
  gid: number
}

export interface RunResult {
  code: number | null
  /** What the program wrote to stdout and stderr, in the order it came. */
  output: string
}

/**
 * PostgreSQL refuses to run as root: root runs it as the user who owns the data folder, or as `postgres` when the folder is new.
 * Anyone else runs it as themselves, which is said with null.
 */
export async function chooseUser(dataDir: string): Promise<OsUser | null> {
  if (process.getuid?.() !== 0) return null
  const existing = await stat(dataDir).catch(() => null)
  if (existing && existing.uid !== 0) return { name: await findUserName(existing.uid), uid: existing.uid, gid: existing.gid }
  return (await findUser(unprivilegedUser)) ?? (await createUser(unprivilegedUser))
}

/** Runs a program to its end as `user`, away from the terminal: a Ctrl-C must not tear an initdb or a stop in two. */
export function runAs(user: OsUser | null, file: string, args: string[]): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      // The working directory must be one that user can enter. No PG* variable of ours may steer the server.
      cwd: '/',
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      ...(user && { uid: user.uid, gid: user.gid }),
    })
    let output = ''
    const collect = (chunk: Buffer) => (output += chunk.toString())
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output: output.trim() }))
  })
}

async function findUser(name: string): Promise<OsUser | null> {
  const [uid, gid] = await Promise.all([runAs(null, 'id', ['-u', name]), runAs(null, 'id', ['-g', name])])
  return uid.code === 0 && gid.code === 0 ? { name, uid: Number(uid.output), gid: Number(gid.output) } : null
}

async function findUserName(uid: number): Promise<string> {
  const { code, output } = await runAs(null, 'id', ['-un', String(uid)])
  return code === 0 ? output : String(uid)
}

async function createUser(name: string): Promise<OsUser> {
  const { output } = await runAs(null, 'useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', name]).catch(
    (error: Error) => ({ output: error.message }),
  )
  // Asked again whatever useradd said: another starter may have created it at the same moment.
  const user = await findUser(name)
  if (user) return user
  throw clusterError(`PostgreSQL does not run as root and the user "${name}" could not be created. Start as an ordinary user, or create it yourself.`, output)
}
