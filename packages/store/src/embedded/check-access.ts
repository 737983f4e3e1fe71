import { dirname } from 'node:path'
import { clusterError } from './cluster.ts'
import type { Cluster } from './cluster.ts'
import { runAs } from './run-as.ts'

const nextStep = 'choose a data folder elsewhere (such as /var/lib/reprise/postgres), start as the user who owns the folder, or set DATABASE_URL'

/**
 * Root hands the work to an unprivileged user, who may be unable to reach what root can: a home of mode 0700 is enough.
 * The server itself would only say "could not access the server configuration file", so it is found out beforehand.
 */
export async function checkAccess({ user, binaries, dataDir }: Cluster): Promise<void> {
  if (!user) return
  const parent = dirname(dataDir)
  const { code } = await runAs(user, '/bin/sh', ['-c', 'cd -- "$1" && test -x "$2" && test -r "$2"', 'sh', parent, binaries.postgres])
  if (code === 0) return
  for (const folder of [...ancestors(parent), ...ancestors(dirname(binaries.postgres))]) {
    const entered = await runAs(user, '/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder])
    if (entered.code === 0) continue
    const what = parent.startsWith(folder) ? `The data folder ${dataDir}` : `The PostgreSQL program ${binaries.postgres}`
    throw clusterError(
      `${what} cannot be used: as root, PostgreSQL runs as the user "${user.name}", who may not enter ${folder}. Run "chmod o+x ${folder}", ${nextStep}.`,
    )
  }
  throw clusterError(`The user "${user.name}", as whom root runs PostgreSQL, may not execute ${binaries.postgres}. Install as that user, or set DATABASE_URL.`)
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
