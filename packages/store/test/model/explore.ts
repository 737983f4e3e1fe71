import fc from 'fast-check'
import { openConnections } from './processes.ts'
import { steps, type Step } from './steps.ts'
import type { Tally } from './tally.ts'
import { World } from './world.ts'

export interface ExploreOptions {
  connectionString: string
  tally: Tally
  seed: number
  /** Ends with the run in which so many steps are reached. */
  stepsMin: number
  /** Of a counterexample, to see it again. */
  path?: string
  onBatch?: (tally: Tally) => void
}

export interface Counterexample {
  seed: number
  path: string
  steps: Step[]
  error: string
}

const runsPerBatch = 10
const shrinkForMs = 120_000

/** Takes random steps in a database of its own until there were enough, or something was not as it should be. */
export async function explore({ connectionString, tally, seed, stepsMin, path, onBatch }: ExploreOptions): Promise<Counterexample | null> {
  const connections = await openConnections(connectionString)
  try {
    await waitForServer(connections.pool)
    const property = fc.asyncProperty(steps, async (run) => {
      tally.runs += 1
      tally.isSettling = false
      const world = new World(connections, tally)
      await world.open()
      try {
        for (const step of run) await world.take(step)
        tally.isSettling = true
        await world.settle()
      } finally {
        await world.close()
      }
    })
    for (let batch = 0; batch === 0 || tally.steps < stepsMin; batch++) {
      const parameters = { seed: seed + batch, numRuns: path === undefined ? runsPerBatch : 1, ...(path !== undefined && { path }) }
      const details = await fc.check(property, { ...parameters, plugins: [fc.interruptAfterTimeLimit(shrinkForMs)] })
      if (details.failed && details.counterexample) {
        return { seed: details.seed, path: details.counterexamplePath ?? '', steps: (details.counterexample as [Step[]])[0], error: String((details.errorInstance as Error | null)?.stack) }
      }
      if (details.failed) throw new Error(`no run came to its end within ${shrinkForMs} ms`)
      onBatch?.(tally)
      if (path !== undefined) break
    }
    return null
  } finally {
    await connections.close()
  }
}

/** A server that has just started says nothing about missing locks, and a killed worker's last beat must be younger than it. */
async function waitForServer(pool: Pick<Awaited<ReturnType<typeof openConnections>>['pool'], 'query'>): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ up: boolean }>("SELECT pg_postmaster_start_time() < clock_timestamp() - interval '4 seconds' AS up")
    if (rows[0]!.up) return
  }
}
