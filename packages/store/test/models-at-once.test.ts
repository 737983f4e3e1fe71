import { newId } from '@reprise/contract'
import type pg from 'pg'
import { beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts'
import { changeModel, createPool, deleteModel, deleteProvider, insertDefaultModel, insertModel, insertProvider, readDefaultModel, seed, seeded, type NewModel } from '../src/index.ts'
import { untilWaiting } from './support/while-held.ts'

const { organization_id } = seeded

let database: TestDatabase
let pool: pg.Pool
beforeEach(async () => {
  database = await createTestDatabase()
  pool = createPool({ connectionString: database.connectionString, applicationName: 'test' })
  await seed(pool)
  return async () => {
    await pool.end()
    await database.drop()
  }
})

const makeModel = (changes: Partial<NewModel> = {}): NewModel => ({
  id: newId('model'), organization_id, provider_id: seeded.provider_id, model: 'm', display_name: 'M', context_window: 10, max_output_tokens: 5, supports_images: true, supports_tools: true,
  prices: null, compaction: true, enabled: true, ...changes,
})

/** Has both come while another holds the organization, one after the other. */
async function runAtOnce<A, B>(first: () => Promise<A>, second: () => Promise<B>): Promise<[A, B]> {
  const holder = await pool.connect()
  await holder.query('BEGIN')
  await holder.query('SELECT FROM organizations WHERE id = $1 FOR UPDATE', [organization_id])
  const firstDone = first()
  await untilWaiting(pool, 1)
  const secondDone = second()
  await Promise.race([secondDone, untilWaiting(pool, 2)])
  await holder.query('COMMIT')
  holder.release()
  return await Promise.all([firstDone, secondDone])
}

test('a model that is made the default and disabled at once is one of them', async () => {
  const model = makeModel()
  await insertModel(pool, model)
  const change = (changes: Parameters<typeof changeModel>[3]) => () => changeModel(pool, organization_id, model.id, changes)
  expect(await runAtOnce(change({ is_default: true }), change({ enabled: false }))).toEqual(['changed', 'default_disabled'])
  expect(await readDefaultModel(pool, organization_id)).toMatchObject({ id: model.id, enabled: true })
})

test('a model that is made the default and deleted at once is one of them', async () => {
  const model = makeModel()
  await insertModel(pool, model)
  const makeDefault = () => changeModel(pool, organization_id, model.id, { is_default: true })
  expect(await runAtOnce(makeDefault, () => deleteModel(pool, organization_id, model.id))).toEqual(['changed', 'organization'])
  expect(await readDefaultModel(pool, organization_id)).toMatchObject({ id: model.id })
})

test('a default is stored as such, or not at all', async () => {
  const [model, orphan] = [makeModel(), makeModel({ provider_id: newId('provider') })]
  const other = () => changeModel(pool, organization_id, seeded.model_id, { is_default: true })
  expect(await runAtOnce(() => insertDefaultModel(pool, model), other)).toEqual([true, 'changed'])
  expect(await insertDefaultModel(pool, orphan)).toBe(false)
  expect(await readDefaultModel(pool, organization_id)).toMatchObject({ id: seeded.model_id })
})

test('a provider that is deleted while a model of it is stored stays', async () => {
  const { id } = await insertProvider(pool, { id: newId('provider'), organization_id, name: 'Mine', provider_type: 'openai', base_url: null, api_key_ciphertext: null })
  const storing = await pool.connect()
  await storing.query('BEGIN')
  expect(await insertModel(storing, makeModel({ provider_id: id }))).toBe(true)
  const deleted = deleteProvider(pool, organization_id, id)
  await untilWaiting(pool, 1)
  await storing.query('COMMIT')
  storing.release()
  expect(await deleted).toBe('in_use')
})
