import type { ProviderType } from '@reprise/contract'
import { inTransaction, type Database, type DatabasePool } from '../database.ts'
import type { Page } from './page.ts'

/** A provider as its rows tell it. The sealed key is read by `readProviderConnection` alone. */
export interface StoredProvider {
  id: string
  organization_id: string
  name: string
  provider_type: ProviderType
  base_url: string | null
  has_stored_key: boolean
  /** Rises with every change. */
  version: number
  created_at: string
  updated_at: string
}

export interface NewProvider extends Pick<StoredProvider, 'id' | 'organization_id' | 'name' | 'provider_type' | 'base_url'> {
  api_key_ciphertext: Uint8Array | null
}

export interface ProviderChange extends Omit<NewProvider, 'api_key_ciphertext'> {
  /** As it was read: what has changed since is not written over. */
  version: number
  /** Undefined: the stored key stays. */
  api_key_ciphertext: Uint8Array | null | undefined
}

const columns = `id, organization_id, name, type AS provider_type, base_url, api_key_ciphertext IS NOT NULL AS has_stored_key, version,
  created_at, updated_at`

export async function insertProvider(db: Database, provider: NewProvider): Promise<StoredProvider> {
  const { id, organization_id, name, provider_type, base_url, api_key_ciphertext } = provider
  const { rows } = await db.query<StoredProvider>({
    name: 'insert_provider',
    text: `/* insertProvider */
INSERT INTO providers (organization_id, id, type, name, base_url, api_key_ciphertext) VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${columns}`,
    values: [organization_id, id, provider_type, name, base_url, api_key_ciphertext],
  })
  return rows[0]!
}

export async function listProviders(db: Database, organizationId: string, { offset, limit }: Page): Promise<StoredProvider[]> {
  const { rows } = await db.query<StoredProvider>({
    name: 'list_providers',
    text: `/* listProviders */
SELECT ${columns} FROM providers WHERE organization_id = $1 AND deleted_at IS NULL ORDER BY created_at, id OFFSET $2 LIMIT $3`,
    values: [organizationId, offset, limit],
  })
  return rows
}

export async function countProviders(db: Database, organizationId: string): Promise<number> {
  const { rows } = await db.query<{ total: number }>({
    name: 'count_providers',
    text: `/* countProviders */ SELECT count(*) AS total FROM providers WHERE organization_id = $1 AND deleted_at IS NULL`,
    values: [organizationId],
  })
  return rows[0]!.total
}

export async function readProvider(db: Database, organizationId: string, providerId: string): Promise<StoredProvider | null> {
  const { rows } = await db.query<StoredProvider>({
    name: 'read_provider',
    text: `/* readProvider */ SELECT ${columns} FROM providers WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL`,
    values: [organizationId, providerId],
  })
  return rows[0] ?? null
}

/** Null when it has changed since it was read, or is gone. */
export async function updateProvider(db: Database, change: ProviderChange): Promise<StoredProvider | null> {
  const { organization_id, id, version, name, provider_type, base_url, api_key_ciphertext } = change
  const { rows } = await db.query<StoredProvider>({
    name: 'update_provider',
    text: `/* updateProvider */
UPDATE providers SET
  name = $4, type = $5, base_url = $6,
  api_key_ciphertext = CASE WHEN $7::boolean THEN api_key_ciphertext ELSE $8::bytea END,
  version = version + 1, updated_at = now()
WHERE organization_id = $1 AND id = $2 AND version = $3 AND deleted_at IS NULL
RETURNING ${columns}`,
    values: [organization_id, id, version, name, provider_type, base_url, api_key_ciphertext === undefined, api_key_ciphertext ?? null],
  })
  return rows[0] ?? null
}

/** Takes a provider away, and its key for good. A provider that has models stays. */
export async function deleteProvider(pool: DatabasePool, organizationId: string, providerId: string): Promise<'deleted' | 'in_use' | 'not_found'> {
  return await inTransaction(pool, async (transaction, complete) => {
    // First, and by itself: a model whose storing held the row is seen by the statement after it only.
    await transaction.query({
      name: 'lock_provider',
      text: `/* lockProvider */ SELECT FROM providers WHERE organization_id = $1 AND id = $2 FOR UPDATE`,
      values: [organizationId, providerId],
    })
    const outcome = await removeUnused(transaction, organizationId, providerId)
    await complete()
    return outcome
  })
}

async function removeUnused(db: Database, organizationId: string, providerId: string): Promise<'deleted' | 'in_use' | 'not_found'> {
  const { rows } = await db.query<{ outcome: 'deleted' | 'in_use' }>({
    name: 'delete_provider',
    text: `/* deleteProvider */
WITH found AS (
  SELECT p.organization_id, p.id, EXISTS (
    SELECT FROM models m WHERE m.organization_id = p.organization_id AND m.provider_id = p.id AND m.deleted_at IS NULL
  ) AS has_models
  FROM providers p WHERE p.organization_id = $1 AND p.id = $2 AND p.deleted_at IS NULL
),
deleted AS (
  UPDATE providers p SET deleted_at = now(), api_key_ciphertext = NULL, version = p.version + 1, updated_at = now()
  FROM found f WHERE p.organization_id = f.organization_id AND p.id = f.id AND NOT f.has_models
)
SELECT CASE WHEN has_models THEN 'in_use' ELSE 'deleted' END AS outcome FROM found`,
    values: [organizationId, providerId],
  })
  return rows[0]?.outcome ?? 'not_found'
}

/** What a client of the provider is made of. */
export interface ProviderConnectionRow {
  name: string
  provider_type: string
  base_url: string | null
  api_key_ciphertext: Uint8Array | null
  version: number
  is_deleted: boolean
}

export async function readProviderConnection(db: Database, organizationId: string, providerId: string): Promise<ProviderConnectionRow | null> {
  const { rows } = await db.query<ProviderConnectionRow>({
    name: 'read_provider_connection',
    text: `/* readProviderConnection */
SELECT name, type AS provider_type, base_url, api_key_ciphertext, version, deleted_at IS NOT NULL AS is_deleted
FROM providers WHERE organization_id = $1 AND id = $2`,
    values: [organizationId, providerId],
  })
  return rows[0] ?? null
}
