import { setTimeout as pause } from 'node:timers/promises'
import { createPool, type Database } from '@reprise/store'
import { createEmptyDatabase, startMeasuredHost } from './start-measured-host.ts'
import { printRows } from './statistics.ts'

const seconds = 20
/** A connection that fell silent tells PostgreSQL's statistics of its last queries after ten seconds. */
const settleMs = 12_000
const aimPerSecond = 3

/** How often a process asks the database while nothing happens. */
export async function measureIdle(): Promise<void> {
  const host = await startMeasuredHost()
  // Whoever counts does so from another database: what it asks itself is not counted with the rest.
  const elsewhere = await createEmptyDatabase(host.connectionString)
  const pool = createPool({ connectionString: elsewhere.connectionString, applicationName: 'bench', connectionsMax: 1 })
  const observed = new URL(host.connectionString).pathname.slice(1)
  const { name, count } = await chooseCounter(pool, observed)
  await pause(settleMs)
  const before = await count()
  const startedAt = performance.now()
  await pause(seconds * 1000)
  const perSecond = ((await count()) - before) / ((performance.now() - startedAt) / 1000)
  await pool.end()
  await elsewhere.drop()
  await host.remove()
  printRows(`Queries of an idle process over ${seconds} s, counted by PostgreSQL (${name})`, [['a second', `${perSecond.toFixed(2)}  (aim: at most ${aimPerSecond})`]])
}

interface Counter {
  name: string
  count(): Promise<number>
}

/** Counts statements where the server does; else transactions, of which each query of an idle process is one. */
async function chooseCounter(db: Database, observed: string): Promise<Counter> {
  const read = async (text: string) => Number((await db.query<{ count: string }>(text, [observed])).rows[0]!.count)
  const statements = () => read(`SELECT coalesce(sum(calls), 0) AS count FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = $1 AND s.toplevel`)
  const transactions = () => read('SELECT xact_commit + xact_rollback AS count FROM pg_stat_database WHERE datname = $1')
  try {
    await db.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements')
    await statements()
    return { name: 'pg_stat_statements', count: statements }
  } catch {
    return { name: 'transactions of pg_stat_database, those of autovacuum included', count: transactions }
  }
}
