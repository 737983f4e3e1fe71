import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts'
import { explore } from './model/explore.ts'
import { Tally } from './model/tally.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

// The long form: `pnpm model --steps 100000 --seed 1`, which also shows a counterexample again by its seed and path.
test('whatever is posted, cancelled, answered, decided, deleted, lost, sent again, crashed and taken over in whatever order, M1 to M16 hold (J1 to J8, L2 to L7)', { timeout: 90_000 }, async () => {
  const tally = new Tally()
  expect(await explore({ connectionString: database.connectionString, tally, seed: 20_26, stepsMin: 3_000 })).toBe(null)
  expect(tally.steps).toBeGreaterThanOrEqual(3_000)
})
