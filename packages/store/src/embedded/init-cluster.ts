import { randomBytes } from 'node:crypto'
import { chown, mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { explainRefusal } from './check-access.ts'
import { clusterError } from './cluster.ts'
import type { Cluster } from './cluster.ts'
import { readCommandLine } from './read-process.ts'
import { runAs } from './run-as.ts'

/** Whether the folder already holds a cluster that our binaries can run. Anything else in it is never touched. */
export async function isInitialized({ dataDir, binaries }: Cluster): Promise<boolean> {
  const version = await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw explainRefusal(dataDir, error)
  })
  if (version?.trim() === binaries.majorVersion) return true
  if (version !== null) {
    throw clusterError(
      `The data folder ${dataDir} was made by PostgreSQL ${version.trim()}, this is ${binaries.majorVersion}. Choose another data folder, or run the old version yourself and set DATABASE_URL.`,
    )
  }
  const contents = await readdir(dataDir).catch(() => [])
  if (contents.length === 0) return false
  throw clusterError(`The data folder ${dataDir} is not empty and is no PostgreSQL data folder (it holds ${contents[0]}). Choose another one.`)
}

/**
 * Creates the cluster in a sibling folder and renames it into place: a killed initdb leaves nothing half-made behind, and of several
 * starters one wins while the others find its work.
 */
export async function initCluster(cluster: Cluster, durable: boolean): Promise<void> {
  const { dataDir, user, binaries } = cluster
  await removeAbandonedFolders(dataDir)
  const draft = `${dataDir}.init-${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    await mkdir(draft, { mode: 0o700 })
    if (user) await chown(draft, user.uid, user.gid)
    // Who can open the socket is settled by its folder's mode; nothing may come in by TCP, should someone open a port.
    const options = ['--username', 'postgres', '--auth-local', 'trust', '--auth-host', 'reject', '--encoding', 'UTF8', '--locale', 'C', '--no-instructions']
    if (!durable) options.push('--no-sync')
    const { code, output } = await runAs(user, binaries.initdb, ['--pgdata', draft, ...options])
    if (code !== 0) throw clusterError(`PostgreSQL could not create a database in ${dataDir}:\n${output}`)
    await rename(draft, dataDir)
    if (durable) await syncFolder(dirname(dataDir))
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    // A folder that is no longer empty is another starter's cluster: just as good.
    if (!(await isInitialized(cluster))) throw explainRefusal(dataDir, error as NodeJS.ErrnoException) // `as`: only its code is read
  }
}

/** Without this a power cut could lose the rename, and with it a database that was already used. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  await handle.sync().finally(() => handle.close())
}

/** Removes what killed starters left: folders that carry the pid of a process that is no more. */
async function removeAbandonedFolders(dataDir: string): Promise<void> {
  const prefix = `${basename(dataDir)}.init-`
  for (const name of await readdir(dirname(dataDir))) {
    if (!name.startsWith(prefix)) continue
    const pid = Number(name.slice(prefix.length).split('-')[0])
    if ((await readCommandLine(pid)) === null) await rm(join(dirname(dataDir), name), { recursive: true, force: true })
  }
}
