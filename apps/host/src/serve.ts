/**
 * The life of a server process.
 *
 * P1  However it is told to end, PostgreSQL is stopped with it where nobody else uses it; only a kill -9 leaves it running, and the
 *     next start attaches to it.
 * P2  It ends within 10 s. What was committed is safe at any time, so in doubt it goes.
 */
import { writeBanner } from './banner.ts'
import type { Config } from './config.ts'
import { createLog } from './log.ts'
import { startHost } from './start-host.ts'

const stopPatienceMs = 9_500
/** pnpm and npm pass on a signal that the terminal has sent to the whole group already: the same one, twice. */
const samePressMs = 300

export async function serve(config: Config, { pretty }: { pretty?: boolean | undefined } = {}): Promise<void> {
  const log = createLog(config, pretty)
  const starting = startHost(config, log)
  let endingSince: number | null = null

  async function end(exitCode: number): Promise<void> {
    if (endingSince !== null) return
    endingSince = performance.now()
    setTimeout(() => {
      log.error('Some of it did not stop in time. What was committed is safe; the next start carries on.')
      process.exit(1)
    }, stopPatienceMs).unref()
    // A start that has failed has cleared up behind itself.
    const host = await starting.catch(() => null)
    await host?.stop().catch((err: unknown) => {
      log.error({ err }, 'stopping failed')
      exitCode = 1
    })
    process.exit(exitCode)
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (endingSince !== null && performance.now() - endingSince > samePressMs) process.exit(1)
      if (endingSince === null) log.info(`stopping (${signal}); a second one ends it at once`)
      void end(0)
    })
  }
  for (const fault of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(fault, (err: unknown) => {
      log.fatal({ err }, fault)
      void end(1)
    })
  }

  const host = await starting
  if (endingSince === null) console.log(writeBanner(host, config, performance.now()))
}
