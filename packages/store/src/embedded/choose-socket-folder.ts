import { createHash } from 'node:crypto'
import { chmod, chown, lstat, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clusterError } from './cluster.ts'
import type { OsUser } from './run-as.ts'

/** sun_path holds 108 bytes with its NUL on Linux, 104 on macOS. */
const socketPathBytesMax = 103

/**
 * The server listens on a unix socket only, in a folder of mode 0700: no other user and no web page can reach it, there is no
 * password to keep, and its address is the same after every restart. That folder is the data folder, or, where its path is too long
 * for a socket or would need quoting, one under the temporary folder.
 */
export function chooseSocketFolder(dataDir: string): string {
  const isPlain = /^[\w./-]+$/.test(dataDir)
  if (isPlain && Buffer.byteLength(join(dataDir, '.s.PGSQL.5432')) <= socketPathBytesMax) return dataDir
  return join(tmpdir(), `reprise-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`)
}

/** Makes the folder under the temporary one. Its name can be guessed, so one that another user put there is refused. */
export async function prepareSocketFolder(socketFolder: string, user: OsUser | null): Promise<void> {
  const uid = user?.uid ?? process.getuid?.()
  await mkdir(socketFolder, { mode: 0o700 }).then(
    () => (user ? chown(socketFolder, user.uid, user.gid) : undefined),
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    },
  )
  const found = await lstat(socketFolder)
  if (!found.isDirectory() || (found.uid !== uid && found.uid !== 0)) {
    throw clusterError(`The socket folder ${socketFolder} belongs to someone else. Remove it, or choose a data folder with a shorter path.`)
  }
  if (found.mode & 0o077) await chmod(socketFolder, 0o700)
}
