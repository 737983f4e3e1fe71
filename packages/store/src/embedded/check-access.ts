import { dirname } from 'node:path'
import { clusterError } from './cluster.ts'
import { runAs } from './run-as.ts'
import type { OsUser } from './run-as.ts'

const nextStep = 'choose a data folder elsewhere (such as /var/lib/reprise/postgres), start as the user who owns the folder, or set DATABASE_URL'

/**
 * Root hands the work to an unprivileged user, who may be unable to reach what root can: a home of mode 0700 is enough.
 * The server itself would only say "could not access the server configuration file", so it is found out beforehand.
 */
export async function checkAccess(dataDir: string, user: OsUser | null): Promise<void> {
  if (!user || (await canEnter(user, dirname(dataDir)))) return
  for (const folder of ancestors(dirname(dataDir))) {
    if (await canEnter(user, folder)) continue
    throw clusterError(
      `The data folder ${dataDir} cannot be used: as root, PostgreSQL runs as the user "${user.name}", who may not enter ${folder}. Run "chmod o+x ${folder}", ${nextStep}.`,
    )
  }
}

/** Asked of the system itself, which knows of access lists and more. */
export async function canEnter(user: OsUser, folder: string): Promise<boolean> {
  return (await runAs(user, '/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder])).code === 0
}

/** Says why the operating system refused us the data folder, in words that lead on. */
export function explainRefusal(dataDir: string, error: NodeJS.ErrnoException): Error {
  if (error.code === 'EACCES' || error.code === 'EPERM' || error.code === 'EROFS') {
    return clusterError(`The data folder ${dataDir} cannot be used by this user (${error.code} on ${error.path ?? dataDir}): ${nextStep}.`, undefined, error)
  }
  if (error.code === 'EBUSY' || error.code === 'EXDEV') {
    return clusterError(`The data folder ${dataDir} is itself a mount point, so it cannot be put in place in one step: choose a folder below it.`, undefined, error)
  }
  return error
}

/** From the root downwards, the folder itself last. */
function ancestors(folder: string): string[] {
  return folder === dirname(folder) ? [folder] : [...ancestors(dirname(folder)), folder]
}
