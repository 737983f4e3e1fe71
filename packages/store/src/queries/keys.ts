import { newId, type CreateKeyRequest, type Key, type KeyWithSecret, type UpdateKeyRequest } from '@reprise/contract'
import type { Database } from '../database.ts'
import { hashSecret, makeKeySecret } from '../key-secret.ts'
import type { Page } from './page.ts'

const columns = `id, organization_id, name, prefix, scopes, requests_per_minute, expires_at, revoked_at, last_used_at, created_at, updated_at`

/** Makes a key. Only this once its secret is known. */
export async function insertKey(db: Database, organizationId: string, request: CreateKeyRequest): Promise<KeyWithSecret> {
  const { prefix, secret } = makeKeySecret()
  const { name, scopes, requests_per_minute, expires_at } = request
  const { rows } = await db.query<Key>({
    name: 'insert_key',
    text: `/* insertKey */
INSERT INTO api_keys (organization_id, id, name, prefix, secret_sha256, scopes, requests_per_minute, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${columns}`,
    values: [organizationId, newId('key'), name, prefix, hashSecret(secret), scopes, requests_per_minute, expires_at],
  })
  return { ...rows[0]!, secret }
}

/** The newest first, revoked ones too. */
export async function listKeys(db: Database, organizationId: string, { offset, limit }: Page): Promise<Key[]> {
  const { rows } = await db.query<Key>({
    name: 'list_keys',
    text: `/* listKeys */ SELECT ${columns} FROM api_keys WHERE organization_id = $1 ORDER BY created_at DESC, id DESC OFFSET $2::bigint LIMIT $3`,
    values: [organizationId, offset, limit],
  })
  return rows
}

export async function countKeys(db: Database, organizationId: string): Promise<number> {
  const { rows } = await db.query<{ total: number }>({
    name: 'count_keys',
    text: `/* countKeys */ SELECT count(*) AS total FROM api_keys WHERE organization_id = $1`,
    values: [organizationId],
  })
  return rows[0]!.total
}

export async function readKey(db: Database, organizationId: string, keyId: string): Promise<Key | null> {
  const { rows } = await db.query<Key>({
    name: 'read_key',
    text: `/* readKey */ SELECT ${columns} FROM api_keys WHERE organization_id = $1 AND id = $2`,
    values: [organizationId, keyId],
  })
  return rows[0] ?? null
}

/** Changes what is given and leaves the rest; null when the key is not there, or is revoked. */
export async function updateKey(db: Database, organizationId: string, keyId: string, changes: UpdateKeyRequest): Promise<Key | null> {
  const { rows } = await db.query<Key>({
    name: 'update_key',
    text: `/* updateKey */
UPDATE api_keys k SET (name, scopes, requests_per_minute, expires_at) = (
  SELECT c.name, c.scopes, c.requests_per_minute, c.expires_at FROM json_populate_record(k, $3::json) c
), updated_at = now()
WHERE k.organization_id = $1 AND k.id = $2 AND k.revoked_at IS NULL RETURNING ${columns}`,
    values: [organizationId, keyId, JSON.stringify(changes)],
  })
  return rows[0] ?? null
}

/** From now on it opens nothing. A key that was revoked before keeps its time; null when it is not there. */
export async function revokeKey(db: Database, organizationId: string, keyId: string): Promise<Key | null> {
  const { rows } = await db.query<Key>({
    name: 'revoke_key',
    text: `/* revokeKey */
UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()), updated_at = CASE WHEN revoked_at IS NULL THEN now() ELSE updated_at END
WHERE organization_id = $1 AND id = $2 RETURNING ${columns}`,
    values: [organizationId, keyId],
  })
  return rows[0] ?? null
}

/** Whether any key was ever made, in any organization: keys are revoked, never deleted. */
export async function hasKeys(db: Database): Promise<boolean> {
  const { rows } = await db.query<{ exists: boolean }>({ name: 'has_keys', text: `/* hasKeys */ SELECT EXISTS (SELECT FROM api_keys) AS exists` })
  return rows[0]!.exists
}

export type NamedKey = Key & { organization_name: string }

/** The keys of all organizations, for the operator at the terminal. */
export async function listAllKeys(db: Database): Promise<NamedKey[]> {
  const { rows } = await db.query<NamedKey>(`/* listAllKeys */
SELECT k.*, o.name AS organization_name FROM (SELECT ${columns} FROM api_keys) k JOIN organizations o ON o.id = k.organization_id
ORDER BY o.created_at, o.id, k.created_at, k.id`)
  return rows
}

/** A key that was used so long ago. */
export interface KeyUse {
  organization_id: string
  id: string
  age_ms: number
}

/** Writes when keys were last used. What another process is writing at this moment is left to it. */
export async function recordKeyUses(db: Database, uses: readonly KeyUse[]): Promise<void> {
  await db.query({
    name: 'record_key_uses',
    text: `/* recordKeyUses */
WITH held AS (
  SELECT k.organization_id, k.id, clock_timestamp() - used.age_ms * interval '1 millisecond' AS used_at
  FROM unnest($1::text[], $2::text[], $3::float8[]) AS used(organization_id, id, age_ms)
  JOIN api_keys k ON k.organization_id = used.organization_id AND k.id = used.id
  FOR NO KEY UPDATE OF k SKIP LOCKED
)
UPDATE api_keys k SET last_used_at = greatest(k.last_used_at, held.used_at)
FROM held WHERE k.organization_id = held.organization_id AND k.id = held.id`,
    values: [uses.map((use) => use.organization_id), uses.map((use) => use.id), uses.map((use) => use.age_ms)],
  })
}
