import { join } from 'node:path'
import { createPool, type Database } from '@reprise/store'
import type { Config } from '../config.ts'
import { ApiClient } from './api-client.ts'
import { startCuttingProxy, type CuttingProxy } from './cutting-proxy.ts'
import { openTestDatabase, type TestDatabase } from './database.ts'
import { startLedger, type Ledger } from './ledger.ts'
import type { CrashtestOptions } from './options.ts'
import { Processes } from './processes.ts'
import type { Random } from './random.ts'

/** Everything that the test plays with and on. */
export interface Stage {
  database: TestDatabase
  /** Straight to the database, past the proxy. */
  db: Database
  proxy: CuttingProxy
  ledger: Ledger
  processes: Processes
  client: ApiClient
}

export interface StageOptions {
  config: Config
  options: CrashtestOptions
  random: Random
  /** Of the test alone. */
  folder: string
  logFile: string
  signal: AbortSignal
  onIncident(what: string): void
}

/** Opens it all, in the order in which one needs the other; `services` closes what was opened, in reverse. */
export async function openStage({ config, options, random, folder, logFile, signal, onIncident }: StageOptions, services: AsyncDisposableStack): Promise<Stage> {
  const database = await openTestDatabase(config.databaseUrl, join(folder, 'database'))
  services.defer(() => database.remove())
  const db = createPool({ connectionString: database.connectionString, applicationName: 'reprise crashtest', connectionsMax: 2 })
  services.defer(() => db.end())
  const proxy = await startCuttingProxy(database.address)
  services.defer(() => proxy.stop())
  const ledger = await startLedger()
  services.defer(() => ledger.stop())
  const processes = new Processes({
    // The user's settings, but for what would make the processes meet each other or the world.
    config: {
      ...config,
      port: 0,
      host: '127.0.0.1',
      databaseUrl: database.connectionStringBy(proxy.port),
      apiKey: null,
      vendorKeys: {},
      secretKey: null,
      previousSecretKey: null,
      egressAllow: [...config.egressAllow, ledger.place],
      role: 'all',
      logLevel: config.logLevel === 'info' ? 'warn' : config.logLevel,
    },
    count: options.processes,
    logFile,
    onIncident,
  })
  // Also when this process goes without a goodbye.
  const killAll = () => processes.killAll()
  process.once('exit', killAll)
  services.defer(async () => {
    await processes.stop()
    process.removeListener('exit', killAll)
  })
  await processes.start(signal)
  return { database, db, proxy, ledger, processes, client: new ApiClient(processes, random.fork('client'), signal) }
}
