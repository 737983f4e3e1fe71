import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { comparedRounds, compareHosts } from './compare-hosts.ts'
import { createEmptyDatabase, startMeasuredHost, type MeasuredHost } from './start-measured-host.ts'
import { median, printRows } from './statistics.ts'

/** The checkout that REPRISE_BENCH_AGAINST names, if any. */
export function findOtherCheckout(): string | null {
  const given = process.env['REPRISE_BENCH_AGAINST']
  if (!given) return null
  for (const needed of ['apps/host/bench/measured-host.ts', 'node_modules']) {
    if (!existsSync(join(given, needed))) throw new Error(`REPRISE_BENCH_AGAINST must be the root of another checkout, installed; ${given} has no ${needed}.`)
  }
  return resolve(given)
}

/** This checkout's host against that of another one, each on a database of its own on the same server, by turns. */
export async function measureAgainst(checkout: string, own: MeasuredHost, sessions: number): Promise<void> {
  const database = await createEmptyDatabase(own.connectionString)
  const other = await startMeasuredHost({ connectionString: database.connectionString, checkout })
  const { ratios, ...rates } = await compareHosts(own, other, sessions)
  await other.remove()
  await database.drop()
  printRows(`Turns per second over HTTP against the other checkout, ${sessions} sessions, median of ${comparedRounds} rounds`, [
    ['the other checkout', median(rates.other).toFixed(0)],
    ['this one', median(rates.own).toFixed(0)],
    ['this one to the other', `${median(ratios).toFixed(2)}  (aim: at least 1; rounds ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')})`],
  ])
}
