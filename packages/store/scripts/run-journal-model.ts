// Takes random steps against the journal and prints what happened: `node scripts/run-journal-model.ts --steps 100000 --seed 1`.
// `--path` shows a counterexample again; `--database` names a server other than the built-in one.
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { migrate } from '../src/migrate.ts'
import { explore, type Counterexample } from '../test/model/explore.ts'
import { invariantsChecked } from '../test/model/invariants.ts'
import { Tally } from '../test/model/tally.ts'
import { createDatabase, databaseUrl, dropDatabase } from '../test/support/server-databases.ts'
import { startTestServer } from '../test/support/start-test-server.ts'

const { values } = parseArgs({
  options: { steps: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' }, path: { type: 'string' }, database: { type: 'string' }, strands: { type: 'string', default: '4' } },
})
const stepsMin = Number(values.steps)
const seed = Number(values.seed)
/** Databases in which steps are taken at the same time. Their seeds are far enough apart. */
const strands = values.path === undefined ? Number(values.strands) : 1
const seedsPerStrand = 1_000_000

const server = values.database ? { connectionString: values.database, remove: async () => {} } : await startTestServer()
const names = Array.from({ length: strands }, () => `reprise_model_${randomBytes(6).toString('hex')}`)
const tallies = names.map(() => new Tally())
const startedAt = performance.now()
const seconds = () => Math.round((performance.now() - startedAt) / 1_000)
const sum = (count: (tally: Tally) => number) => tallies.reduce((total, tally) => total + count(tally), 0)
const found: Counterexample[] = []
try {
  let shownAt = 0
  const onBatch = () => {
    if (seconds() < shownAt + 10) return
    shownAt = seconds()
    console.log(`${sum((tally) => tally.steps)} steps after ${shownAt} s`)
  }
  await Promise.all(
    names.map(async (name, strand) => {
      await createDatabase(server.connectionString, name)
      const connectionString = databaseUrl(server.connectionString, name)
      await migrate({ connectionString, log: () => {} })
      const counterexample = await explore({ connectionString, tally: tallies[strand]!, seed: seed + strand * seedsPerStrand, stepsMin: stepsMin / strands, onBatch, ...(values.path !== undefined && { path: values.path }) })
      if (counterexample) found.push(counterexample)
    }),
  )
} finally {
  for (const name of names) await dropDatabase(server.connectionString, name)
  await server.remove()
}

for (const kind of ['step', 'outcome', 'travel'] as const) {
  const counts = new Map<string, number>()
  for (const tally of tallies) for (const [name, count] of tally.counts[kind]) counts.set(name, (counts.get(name) ?? 0) + count)
  console.log(`\nBy ${kind}:`)
  for (const [name, count] of [...counts].sort(([one], [other]) => one.localeCompare(other))) console.log(`${String(count).padStart(8)}  ${name}`)
}
for (const { error, seed: itsSeed, path, steps } of found) console.log(`\n${error}\n\n--seed ${itsSeed} --path ${path}\n${steps.map((step) => JSON.stringify(step)).join('\n')}`)
const runs = sum((tally) => tally.runs)
console.log(`\n${sum((tally) => tally.steps)} steps in ${runs} runs, and ${sum((tally) => tally.settlingSteps)} to settle them, seed ${seed}: ${sum((tally) => tally.checks)} times ${invariantsChecked} invariants checked, ${found.length} violations, ${seconds()} s`)
process.exitCode = found.length > 0 ? 1 : 0
