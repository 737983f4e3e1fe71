import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { StartError } from '../start-error.ts'
import { readCrashtestOptions } from './options.ts'
import { printReport } from './report.ts'
import { runCrashtest } from './run-crashtest.ts'

/**
 * Kills, freezes and cuts off server processes under load, and holds what becomes of it against every promise there is.
 * Ends with exit code 1 when one was not kept.
 */
export async function crashtest(config: Config, values: Record<string, string | boolean | undefined>): Promise<void> {
  const options = readCrashtestOptions(values)
  const { processes, turns, kills, freezes, cuts, databaseRestarts, seed } = options
  console.log(`Seed ${seed}: ${turns} turns on ${processes} processes; kills: ${kills}, freezes: ${freezes}, cuts: ${cuts}, restarts of PostgreSQL: ${databaseRestarts}`)
  const folder = await mkdtemp(join(tmpdir(), 'reprise-crashtest-'))
  await chmod(folder, 0o755) // as root, PostgreSQL runs as another user
  const logFile = join(folder, 'processes.log')
  const ending = new AbortController()
  // A terminal's signal may come twice: clearing up is not to be cut short by the second.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => ending.abort(new StartError(`The crash test was ended by ${signal}, and has cleared up behind itself. Nothing is shown.`)))
  }
  // Processes and PostgreSQL are not to outlive a fault of the test's own either.
  for (const fault of ['uncaughtException', 'unhandledRejection'] as const) process.on(fault, (error: unknown) => ending.abort(error))
  let isKept = true
  try {
    const outcome = await runCrashtest({ config, options, folder, logFile, signal: ending.signal })
    printReport(outcome)
    isKept = outcome.violations.length > 0
    if (isKept) process.exitCode = 1
  } catch (error) {
    isKept = !(ending.signal.reason instanceof StartError)
    throw ending.signal.aborted ? ending.signal.reason : error
  } finally {
    if (isKept && existsSync(logFile)) console.log(`What the processes logged is in ${logFile}.`)
    else await rm(folder, { recursive: true, force: true })
  }
}
