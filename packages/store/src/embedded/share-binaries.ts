import { randomBytes } from 'node:crypto'
import { cp, lstat, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { canEnter } from './check-access.ts'
import { clusterError } from './cluster.ts'
import { describeBinaries } from './find-binaries.ts'
import type { Binaries } from './find-binaries.ts'
import { runAs } from './run-as.ts'
import type { OsUser } from './run-as.ts'

/**
 * Root often installs below its own home, where nobody else may look. The unprivileged user who is to run the programs then gets
 * a copy of them beside the data folder: root's, so that only root can change it, and put in place in one step.
 */
export async function shareBinaries(binaries: Binaries, user: OsUser | null, dataDir: string): Promise<Binaries> {
  if (!user || (await canEnter(user, join(binaries.folder, 'bin')))) return binaries
  const shared = `${dataDir}.programs-${binaries.version}`
  if (!(await canEnter(user, shared))) {
    const draft = `${shared}.${randomBytes(4).toString('hex')}`
    await cp(binaries.folder, draft, { recursive: true, verbatimSymlinks: true })
    // Modes are copied too, and under a strict umask nobody else could read any of it.
    await runAs(null, 'chmod', ['-R', 'a+rX', draft])
    await rename(draft, shared).catch(() => rm(draft, { recursive: true })) // another starter was quicker
  }
  if ((await lstat(shared)).uid !== 0) throw clusterError(`${shared} was not put there by root. Remove it, or choose another data folder.`)
  return describeBinaries(shared, binaries.version)
}
