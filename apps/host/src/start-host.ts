/**
 * The composition of the server: what it is made of, in the order in which it starts. It stops in reverse, so nothing
 * is taken away from under something that still uses it: first the doors close, PostgreSQL is the last to go.
 */
import { flushCompileCache } from 'node:module'
import { createFireSchedules, type PostingServices } from '@reprise/api'
import { createCompute } from '@reprise/compute'
import { createEngine, type Capability } from '@reprise/engine'
import { Announcer, createPool, hasKeys, Hub, Journal, migrate, seed, seedVendors, vendorTypes, type Database } from '@reprise/store'
import { checkReadiness } from './check-readiness.ts'
import type { Config } from './config.ts'
import { createConsoleBuild } from './console/console-build.ts'
import { createServer } from './create-server.ts'
import { describeDefaultModel } from './describe-default-model.ts'
import { findQuickstartSession } from './find-quickstart-session.ts'
import { listen } from './listen.ts'
import { loadSecretKeys } from './load-secret-keys.ts'
import type { Log } from './log.ts'
import { openDatabase } from './open-database.ts'
import { refuseOpenDoor } from './refuse-open-door.ts'
import { version } from './version.ts'

/** Requests that are being answered, and streams, get so long to come to their end. */
const requestPatienceMs = 2_000
/** Running turns get so long to finish; the next start takes up what is left. */
const turnPatienceMs = 3_000

export interface Host {
  /** `http://127.0.0.1:9000`: where a client on this machine reaches the server. */
  address: string
  /** Whoever calls needs a key. */
  asksForKeys: boolean
  /** A session that is there to be tried out. */
  quickstartSessionId: string
  /** Who answers where nobody names a model, in words. */
  defaultModel: string
  /** Resolves when everything has stopped, PostgreSQL included where it is ours. May be called again. */
  stop(): Promise<void>
}

/** What an app that embeds the server adds to it. */
export interface HostOptions {
  /** Server-side tools beside the built-in ones: agents name them by their refs. */
  capabilities?: readonly Capability[]
  /** Makes the app's own tables, in a schema or under names of its own. Called when the server's are there, before anything runs. */
  prepareDatabase?: (db: Database) => Promise<void>
}

export async function startHost(config: Config, log: Log, options: HostOptions = {}): Promise<Host> {
  const services = new AsyncDisposableStack()
  try {
    return await startServices(config, log, services, options)
  } catch (error) {
    await services.disposeAsync()
    throw error
  }
}

async function startServices(config: Config, log: Log, services: AsyncDisposableStack, { capabilities = [], prepareDatabase }: HostOptions): Promise<Host> {
  const database = await openDatabase(config, log)
  services.defer(() => database.stop())
  const { connectionString } = database
  await migrate({ connectionString, log: (line) => log.info(line) })

  const db = createPool({ connectionString, applicationName: 'reprise' })
  services.defer(() => db.end())
  await refuseOpenDoor(db, config)
  await seed(db)
  await seedVendors(db, new Set(vendorTypes.filter((type) => config.vendorKeys[type] !== undefined)))
  await prepareDatabase?.(db)
  const quickstartSessionId = await findQuickstartSession(db)

  const hub = new Hub()
  const journal = new Journal({ connectionString })
  services.defer(() => journal.stop())
  const announcer = new Announcer({ connectionString, hub, onError: (err) => log.warn({ err }, 'events of other processes come late') })
  services.defer(() => announcer.stop())
  await announcer.start()
  journal.onCommitted((committed) => {
    hub.publish(committed)
    announcer.committed(committed)
  })

  const compute = createCompute({ onThreadError: (err) => log.error({ err }, 'a thread failed') })
  services.defer(() => compute.stop())

  const keys = { secretKeys: await loadSecretKeys(config), environmentKeys: config.vendorKeys }
  const { egressAllow, mcpServers } = config
  const slots = config.role === 'api' ? { slots: 0 } : {}
  const engine = createEngine({ connectionString, db, journal, compute, log, capabilities, ...keys, egressAllow, mcpServers, graceMs: turnPatienceMs, ...slots })
  services.defer(() => engine.stop())
  const stopping = new AbortController()
  const posting: PostingServices = { db, hub, engine, compute, stopping: stopping.signal }
  // Before any turn runs: what one commits may start the background.
  engine.background.add(createFireSchedules(posting))
  const seals = await engine.renewSeals()
  if (seals.renewed > 0) log.info(seals, 'secrets were sealed anew')
  if (seals.unreadable > 0) log.warn(seals, 'some secrets were sealed with another REPRISE_SECRET_KEY, and cannot be read')
  await engine.start()

  const builtConsole = createConsoleBuild(log)
  const server = await createServer(log, config.role, {
    ...posting,
    requests_per_minute: config.requestsPerMinute,
    access: { api_key: config.apiKey, cors_origins: config.corsOrigins },
    readiness: () => checkReadiness(db, stopping.signal),
    builtConsole,
    version,
  })
  services.defer(async () => {
    stopping.abort()
    const cutting = setTimeout(() => server.server.closeAllConnections(), requestPatienceMs)
    await server.close()
    clearTimeout(cutting)
  })
  const address = await listen(server, config)
  void engine.startBackground()
  // Who opens it in the next seconds waits the less. That it could not be built is logged.
  if (config.role !== 'worker') void builtConsole()
  // What is killed later keeps nothing: the next start is to find what this one has compiled.
  setImmediate(flushCompileCache)

  const asksForKeys = config.apiKey !== null || (await hasKeys(db))
  return { address, asksForKeys, quickstartSessionId, defaultModel: await describeDefaultModel(db, engine.providerKeys), stop: () => services.disposeAsync() }
}
