import { mkdir, readFile, realpath, rmdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { checkAccess, explainRefusal } from './check-access.ts'
import { chooseSocketFolder, prepareSocketFolder } from './choose-socket-folder.ts'
import { clusterError } from './cluster.ts'
import type { Cluster } from './cluster.ts'
import { findBinaries } from './find-binaries.ts'
import { initCluster, isInitialized } from './init-cluster.ts'
import { joinServer } from './join-server.ts'
import type { Presence } from './join-server.ts'
import { readPostmaster, removeStalePidFile } from './read-postmaster.ts'
import { chooseUser, runAs } from './run-as.ts'
import { shareBinaries } from './share-binaries.ts'

/** After a kill -9 of the postmaster, its children hold the shared memory for about 2 s, and no new one may start. */
const startPatienceMsDefault = 8_000
/** A living server may be busy with crash recovery; it is waited for much longer. */
const recoveryPatienceMs = 180_000
const retryPauseMs = 20
const logTailCharacters = 2_000

export interface EmbeddedPostgresOptions {
  /** Where the data lives, kept between starts. Created when missing; its parent must be open to the user that runs the server. */
  dataDir: string
  log: (message: string) => void
  /** False gives up fsync, for databases that are thrown away: a power cut may then destroy the folder. */
  durable?: boolean
  /** How long a server that refuses to start is tried again. */
  startPatienceMs?: number
}

export interface EmbeddedPostgres {
  /** For `pg` and libpq alike: a unix socket whose address stays the same as long as the folder does. */
  connectionString: string
  /** Nobody else used the server when we came: we started it, or found it left behind by a process that was killed. */
  owned: boolean
  /**
   * Gives the server up, and stops it unless another process still uses it; the last one out stops it, so neither a Ctrl-C nor the
   * order of stops leaves it behind. Resolves when it has truly stopped. May be called again.
   */
  stop(): Promise<void>
}

/** Starts the built-in PostgreSQL on a data folder, or attaches to the one that already runs there. Any number may call it at once. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log, durable = true, startPatienceMs = startPatienceMsDefault } = options
  const cluster = await openCluster(dataDir)
  if (!(await isInitialized(cluster))) {
    log(`creating a database in ${cluster.dataDir}`)
    await initCluster(cluster, durable)
  }
  const startedAt = Date.now()
  let failure: string | null = null
  for (;;) {
    const postmaster = await readPostmaster(cluster.dataDir).catch((error) => {
      throw explainRefusal(cluster.dataDir, error)
    })
    if (postmaster?.isReady) {
      const connectionString = formatConnectionString(postmaster.socketFolder, postmaster.port)
      const presence = await joinServer(connectionString)
      if (presence) return makeHandle(cluster, connectionString, presence, log)
    } else if (!postmaster) {
      failure = await startServer(cluster, durable)
      if (failure === null) {
        log(`PostgreSQL ${cluster.binaries.majorVersion} started in ${cluster.dataDir}`)
        continue
      }
    }
    if (Date.now() - startedAt >= (postmaster ? recoveryPatienceMs : startPatienceMs)) throw await explainFailure(cluster, failure)
    await pause(retryPauseMs)
  }
}

async function openCluster(givenDataDir: string): Promise<Cluster> {
  const given = resolve(givenDataDir)
  // pg_ctl hands the path to a shell between double quotes.
  if (/["$`\\\n]/.test(given)) throw clusterError(`The path of the data folder ${given} holds a character that PostgreSQL cannot take.`)
  try {
    // Readable for the user that root hands the server to, whatever umask root has.
    await mkdir(dirname(given), { recursive: true, mode: 0o755 })
    const dataDir = join(await realpath(dirname(given)), basename(given))
    const user = await chooseUser(dataDir)
    await checkAccess(dataDir, user)
    const binaries = await shareBinaries(await findBinaries(), user, dataDir)
    return { dataDir, socketFolder: chooseSocketFolder(dataDir), binaries, user }
  } catch (error) {
    throw explainRefusal(given, error as NodeJS.ErrnoException) // `as`: only its code is read
  }
}

/** Starts the server and waits until it accepts connections; gives what went wrong, or null. It gets a session of its own. */
async function startServer(cluster: Cluster, durable: boolean): Promise<string | null> {
  const { dataDir, socketFolder, binaries, user } = cluster
  if (socketFolder !== dataDir) await prepareSocketFolder(socketFolder, user)
  const settings = {
    listen_addresses: '',
    port: '5432',
    unix_socket_directories: socketFolder,
    unix_socket_permissions: '0700',
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    ...(!durable && { fsync: 'off', full_page_writes: 'off' }),
  }
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`)
  const where = ['--pgdata', dataDir, '--log', logFile(dataDir), '--options', options.join(' ')]
  const { code, output } = await runAs(user, binaries.pgCtl, ['start', '--wait', '--timeout', '120', ...where])
  if (code === 0) return null
  await removeStalePidFile(dataDir)
  return output
}

function makeHandle(cluster: Cluster, connectionString: string, presence: Presence, log: (message: string) => void): EmbeddedPostgres {
  let stopping: Promise<void> | undefined
  async function leaveAndStop() {
    if (await presence.leave()) {
      await stopServer(cluster)
      log(`PostgreSQL stopped in ${cluster.dataDir}`)
    }
    await presence.close()
  }
  return {
    connectionString,
    owned: presence.owned,
    stop: () => (stopping ??= leaveAndStop()),
  }
}

async function stopServer({ dataDir, socketFolder, binaries, user }: Cluster): Promise<void> {
  // "fast" ends sessions and writes a checkpoint; where that takes too long, "immediate" leaves the rest to recovery at the next start.
  for (const mode of ['fast', 'immediate']) {
    const { code, output } = await runAs(user, binaries.pgCtl, ['stop', '--mode', mode, '--wait', '--timeout', '60', '--pgdata', dataDir])
    if (code === 0 || !(await readPostmaster(dataDir))) break
    if (mode === 'immediate') throw clusterError(`PostgreSQL in ${dataDir} did not stop: ${output}`)
  }
  if (socketFolder !== dataDir) await rmdir(socketFolder).catch(() => {}) // what is left in it is not ours
}

async function explainFailure({ dataDir }: Cluster, failure: string | null): Promise<Error> {
  const tail = (await readFile(logFile(dataDir), 'utf8').catch(() => '')).slice(-logTailCharacters)
  const reason = failure ?? 'a server runs there but accepts no connection'
  return clusterError(`PostgreSQL could not be started in ${dataDir}: ${reason}\nThe end of ${logFile(dataDir)}:\n${tail}`)
}

function logFile(dataDir: string): string {
  return join(dataDir, 'server.log')
}

function formatConnectionString(socketFolder: string, port: number): string {
  // The host of the URL is only there to make it one; both `pg` and libpq take the socket's folder from the query.
  // A PGSSLMODE in the environment is meant for other servers: a unix socket has no TLS.
  return `postgresql://postgres@localhost:${port}/postgres?host=${encodeURIComponent(socketFolder)}&sslmode=disable`
}
