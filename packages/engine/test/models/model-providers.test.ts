import { newId } from '@reprise/contract'
import { deleteProvider, insertProvider, readProvider, seed, seeded, seedVendors, updateProvider, seededVendors, createPool, type StoredProvider, type TurnModel } from '@reprise/store'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../../test/database.ts'
import type { ProviderConnection } from '../../src/index.ts'
import { ModelProviders } from '../../src/models/model-providers.ts'
import { createSimProvider } from '../../src/models/sim/sim-provider.ts'
import { KeyRing } from '../../src/secrets/key-ring.ts'
import { ProviderKeys, type ProviderKeysOptions } from '../../src/secrets/provider-keys.ts'
import { renewSeals } from '../../src/secrets/renew-seals.ts'

const organization_id = seeded.organization_id
const secretKey = new Uint8Array(32).fill(1)
const keys = openKeys([secretKey], { openai: 'sk-environment' })

let database: TestDatabase
let pool: pg.Pool
let made: ProviderConnection[]
let providers: ModelProviders
beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool({ connectionString: database.connectionString, applicationName: 'test' })
  await seed(pool)
  await seedVendors(pool, new Set(['openai', 'anthropic']))
})
beforeEach(() => {
  made = []
  providers = openProviders()
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

function openKeys(secretKeys: Uint8Array[], environmentKeys: ProviderKeysOptions['environmentKeys'] = {}): ProviderKeys {
  return new ProviderKeys({ ring: new KeyRing(secretKeys), environmentKeys })
}

function openProviders(ownKeys = keys): ModelProviders {
  const create = (connection: ProviderConnection) => {
    made.push(connection)
    return createSimProvider()
  }
  return new ModelProviders({ db: pool, keys: ownKeys, services: { fetch }, create })
}

async function store(changes: Partial<StoredProvider> = {}, apiKey: string | null = 'sk-stored'): Promise<StoredProvider> {
  const id = newId('provider')
  const api_key_ciphertext = apiKey === null ? null : keys.seal(apiKey, { organization_id, id })
  return await insertProvider(pool, { id, organization_id, name: 'Mine', provider_type: 'openai', base_url: null, ...changes, api_key_ciphertext })
}

function modelOf(provider_id: string, provider_version = 1): TurnModel {
  return {
    id: 'model_1', model: 'm', provider_id, provider_type: 'openai', provider_version, context_window: 1, max_output_tokens: null,
    supports_images: true, supports_tools: true, compaction: true, prices: null,
  }
}

const find = (providerId: string, version?: number) => providers.find(organization_id, modelOf(providerId, version))

describe('a client', () => {
  test('is made of the row and its key, once, however many turns ask at the same time', async () => {
    const { id } = await store({ base_url: 'https://models.example.com/v1' })
    const [one, two] = await Promise.all([find(id), find(id)])
    expect(one).toBe(two)
    expect(await find(id)).toBe(one)
    expect(made).toEqual([{ type: 'openai', base_url: 'https://models.example.com/v1', api_key: 'sk-stored' }])
  })

  test('is made anew for the first turn that knows of a change; a turn that does not know of it gets the new one too (V1, V2)', async () => {
    const row = await store()
    await find(row.id)
    const changed = await updateProvider(pool, { ...row, api_key_ciphertext: keys.seal('sk-new', row) })
    await find(row.id)
    expect(made).toHaveLength(1)
    const fresh = await find(row.id, changed!.version)
    expect(made.at(-1)?.api_key).toBe('sk-new')
    expect(await find(row.id, row.version)).toBe(fresh)
    expect(made).toHaveLength(2)
  })

  test('that could not be made is tried again with the next call', async () => {
    const row = await store({}, null)
    await expect(find(row.id)).rejects.toMatchObject({ name: 'ModelError', kind: 'unavailable', retryable: false, message: expect.stringContaining('has no key') })
    await updateProvider(pool, { ...row, api_key_ciphertext: keys.seal('sk-late', row) })
    await find(row.id)
    expect(made.map(({ api_key }) => api_key)).toEqual(['sk-late'])
  })

  test('is not made of a deleted provider, nor of another organization’s', async () => {
    const deleted = await store()
    await deleteProvider(pool, organization_id, deleted.id)
    await expect(find(deleted.id)).rejects.toMatchObject({ kind: 'unavailable', retryable: false })
    const { id } = await store()
    await expect(providers.find(`org_${'f'.repeat(32)}`, modelOf(id))).rejects.toMatchObject({ kind: 'unavailable' })
  })
})

describe('a stored key', () => {
  test('that was put into another row, or sealed by another server, is not used', async () => {
    const [mine, other] = [await store(), await store()]
    await pool.query('UPDATE providers SET api_key_ciphertext = (SELECT api_key_ciphertext FROM providers WHERE id = $1), version = version + 1 WHERE id = $2', [other.id, mine.id])
    await expect(find(mine.id)).rejects.toMatchObject({ kind: 'unavailable', retryable: false, message: expect.stringContaining('REPRISE_SECRET_KEY') })
    providers = openProviders(openKeys([new Uint8Array(32).fill(9)]))
    await expect(find(other.id)).rejects.toMatchObject({ kind: 'unavailable' })
    expect(made).toEqual([])
  })

  test('is sealed anew when the secret key has changed, and opens without the earlier one then', async () => {
    const { id } = await store({}, 'sk-moved')
    const next = new Uint8Array(32).fill(5)
    expect((await renewSeals(pool, new KeyRing([next, secretKey]))).renewed).toBeGreaterThan(0)
    expect(await renewSeals(pool, new KeyRing([next, secretKey]))).toMatchObject({ renewed: 0 })
    providers = openProviders(openKeys([next]))
    await find(id)
    expect(made.at(-1)?.api_key).toBe('sk-moved')
    await renewSeals(pool, new KeyRing([secretKey, next]))
  })
})

describe('the environment’s key', () => {
  const { provider_id } = seededVendors.openai
  const readSeeded = async () => (await readProvider(pool, organization_id, provider_id))!

  test('serves the seeded provider of its vendor, until that has one of its own', async () => {
    await find(provider_id)
    const row = await readSeeded()
    const own = await updateProvider(pool, { ...row, api_key_ciphertext: keys.seal('sk-own', row) })
    await find(provider_id, own!.version)
    expect(made).toEqual([{ type: 'openai', base_url: null, api_key: 'sk-environment' }, { type: 'openai', base_url: null, api_key: 'sk-own' }])
    await updateProvider(pool, { ...own!, api_key_ciphertext: null })
  })

  test('serves no other row, no address but the vendor’s, no other type and no other organization', async () => {
    await expect(find((await store({}, null)).id)).rejects.toMatchObject({ kind: 'unavailable' })
    await expect(find(seededVendors.anthropic.provider_id)).rejects.toMatchObject({ message: expect.stringContaining('ANTHROPIC_API_KEY') })
    const row = await readSeeded()
    const moved = await updateProvider(pool, { ...row, base_url: 'https://evil.example.com/v1', api_key_ciphertext: undefined })
    await find(provider_id, moved!.version)
    const turned = await updateProvider(pool, { ...moved!, base_url: null, provider_type: 'openai_compatible', api_key_ciphertext: undefined })
    await find(provider_id, turned!.version)
    expect(made.map(({ api_key }) => api_key)).toEqual([null, null])
    await updateProvider(pool, { ...turned!, provider_type: 'openai', api_key_ciphertext: undefined })
    expect(keys.findEnvironmentKey({ organization_id: `org_${'f'.repeat(32)}`, id: provider_id, provider_type: 'openai', base_url: null })).toBeNull()
  })
})
