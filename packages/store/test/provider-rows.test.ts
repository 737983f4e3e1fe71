import { newId } from '@reprise/contract'
import type pg from 'pg'
import { beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts'
import {
  createPool, deleteModel, deleteProvider, insertModel, insertProvider, insertSession, makeSeededSession, readDefaultModel, readModel, readProvider, readProviderConnection,
  readTurnSettings, seed, seeded, seedVendors, setDefaultModel, updateModel, updateProvider, seededVendors, type NewModel, type StoredProvider,
} from '../src/index.ts'

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

const storeProvider = (api_key_ciphertext: Uint8Array | null = Buffer.from('sealed')): Promise<StoredProvider> =>
  insertProvider(pool, { id: newId('provider'), organization_id, name: 'Mine', provider_type: 'openai', base_url: null, api_key_ciphertext })

async function storeModel(changes: Partial<NewModel> = {}): Promise<string> {
  const id = newId('model')
  const settings = { model: 'm', display_name: 'M', context_window: 10, max_output_tokens: 5, supports_images: true, supports_tools: true, prices: null, compaction: true, enabled: true }
  expect(await insertModel(pool, { id, organization_id, provider_id: seeded.provider_id, ...settings, ...changes })).toBe(true)
  return id
}

const readDefaultId = async () => (await readDefaultModel(pool, organization_id))?.id

describe('a provider', () => {
  test('that was changed since it was read is not written over', async () => {
    const read = await storeProvider()
    const change = { ...read, api_key_ciphertext: undefined }
    expect(await updateProvider(pool, { ...change, name: 'First' })).toMatchObject({ name: 'First', has_stored_key: true, version: 2 })
    expect(await updateProvider(pool, { ...change, name: 'Second' })).toBeNull()
    expect(await readProvider(pool, organization_id, read.id)).toMatchObject({ name: 'First' })
  })

  test('that is deleted keeps its row for turns, and not its key', async () => {
    const { id } = await storeProvider()
    expect(await deleteProvider(pool, organization_id, id)).toBe('deleted')
    expect(await deleteProvider(pool, organization_id, id)).toBe('not_found')
    expect(await readProviderConnection(pool, organization_id, id)).toMatchObject({ is_deleted: true, api_key_ciphertext: null, version: 2 })
    expect(await insertModel(pool, { ...(await readModel(pool, organization_id, seeded.model_id))!, id: newId('model'), provider_id: id })).toBe(false)
  })
})

describe('a model', () => {
  test('keeps what a change does not name, and prices as they were given', async () => {
    const prices = { input: 0.1, output: 12.5, cache_read: null, cache_write: 1e-7 }
    const id = await storeModel({ prices })
    await updateModel(pool, organization_id, id, { display_name: 'Other', max_output_tokens: null })
    expect(await readModel(pool, organization_id, id)).toMatchObject({ model: 'm', display_name: 'Other', max_output_tokens: null, context_window: 10, prices, enabled: true })
    await updateModel(pool, organization_id, id, { prices: null, enabled: false })
    expect(await readModel(pool, organization_id, id)).toMatchObject({ display_name: 'Other', prices: null, enabled: false })
  })

  test('that cannot answer does not become the default', async () => {
    await setDefaultModel(pool, organization_id, await storeModel({ enabled: false }))
    expect(await readDefaultId()).toBe(seeded.model_id)
  })

  test('comes with everything that a turn must know of it', async () => {
    const prices = { input: 1, output: 2, cache_read: null, cache_write: null }
    const id = await storeModel({ prices, compaction: false, supports_images: false })
    const session_id = (await insertSession(pool, makeSeededSession())).id
    const [settings] = await readTurnSettings(pool, [{ organization_id, session_id, model_id: id }])
    expect(settings?.model).toEqual({
      id, model: 'm', provider_id: seeded.provider_id, provider_type: 'sim', provider_version: 1, context_window: 10, max_output_tokens: 5, supports_images: false, supports_tools: true,
      compaction: false, prices,
    })
    await deleteModel(pool, organization_id, id)
    expect((await readTurnSettings(pool, [{ organization_id, session_id, model_id: id }]))[0]).toMatchObject({ model: null })
  })

  test('is held by the default, by active agents and by sessions, and not by what was ended', async () => {
    expect(await deleteModel(pool, organization_id, seeded.model_id)).toBe('organization')
    const [byAgent, bySession] = [await storeModel(), await storeModel()]
    await pool.query('UPDATE agents SET default_model_id = $1 WHERE id = $2', [byAgent, seeded.agent_id])
    expect(await deleteModel(pool, organization_id, byAgent)).toBe('agent')
    await pool.query(`UPDATE agents SET status = 'archived' WHERE id = $1`, [seeded.agent_id])
    expect(await deleteModel(pool, organization_id, byAgent)).toBe('deleted')
    const { id } = await insertSession(pool, makeSeededSession({ model_id: bySession }))
    expect(await deleteModel(pool, organization_id, bySession)).toBe('session')
    await pool.query('UPDATE session_heads SET deleted_at = now() WHERE session_id = $1', [id])
    expect(await deleteModel(pool, organization_id, bySession)).toBe('deleted')
  })
})

describe('the seed of vendors', () => {
  test('makes the first whose key is there the default, while that is the simulated model', async () => {
    await seedVendors(pool, new Set())
    expect(await readDefaultId()).toBe(seeded.model_id)
    await seedVendors(pool, new Set(['anthropic', 'openai']))
    expect(await readDefaultModel(pool, organization_id)).toMatchObject({ id: seededVendors.openai.model_id, provider_type: 'openai', prices: seededVendors.openai.prices, supports_images: true })
    await seedVendors(pool, new Set(['anthropic']))
    expect(await readDefaultId()).toBe(seededVendors.openai.model_id)
  })

  test('leaves what an operator has changed, and brings nothing back', async () => {
    await seedVendors(pool, new Set(['openai']))
    await updateModel(pool, organization_id, seededVendors.openai.model_id, { display_name: 'Mine' })
    await setDefaultModel(pool, organization_id, seeded.model_id)
    expect(await deleteModel(pool, organization_id, seededVendors.openai.model_id)).toBe('deleted')
    await seedVendors(pool, new Set(['openai', 'anthropic']))
    expect(await readModel(pool, organization_id, seededVendors.openai.model_id)).toBeNull()
    expect(await readDefaultId()).toBe(seededVendors.anthropic.model_id)
  })
})
