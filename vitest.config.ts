import { defineConfig } from 'vitest/config'
import { ClosingLineReporter } from './test/closing-line-reporter.ts'

if (Number(process.versions.node.split('.')[0]) < 24) {
  throw new Error(`The tests need Node 24, this is ${process.version}. Start them with "pnpm test", which brings its own.`)
}

const projects = {
  contract: 'packages/contract',
  compute: 'packages/compute',
  store: 'packages/store',
  engine: 'packages/engine',
  api: 'packages/api',
  client: 'packages/client',
  host: 'apps/host',
  examples: 'apps/examples',
  console: 'apps/console',
}

/** A browser goes through a dozen steps in one test, and waits for each no longer than others wait for one. */
const journeys = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 15_000 } } }

export default defineConfig({
  test: {
    globalSetup: './test/global-setup.ts',
    reporters: ['default', new ClosingLineReporter()],
    maxWorkers: 2,
    // Starting and crashing servers on two busy cores takes its time; a test that hangs still ends.
    testTimeout: 20_000,
    hookTimeout: 20_000,
    expect: { poll: { timeout: 10_000 } },
    projects: [
      ...Object.entries(projects).map(([name, folder]) => ({ extends: true as const, test: { name, include: [`${folder}/test/**/*.test.ts`], ...(name === 'console' && journeys) } })),
      // Tests about the code base itself.
      { extends: true as const, test: { name: 'repository', include: ['test/**/*.test.ts'] } },
    ],
  },
})
