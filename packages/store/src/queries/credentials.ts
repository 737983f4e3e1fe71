import type { KeyScope } from '@reprise/contract'
import type { Database } from '../database.ts'

/** What a caller shows: a key, or the token of a login, by its hash. */
export interface Credential {
  kind: 'key' | 'login'
  sha256: string
}

/** What a credential stands for, whether or not it still opens anything. */
export interface CredentialRow extends Credential {
  organization_id: string
  /** These four are null for a login by the configured key. */
  key_id: string | null
  key_name: string | null
  scopes: KeyScope[] | null
  requests_per_minute: number | null
  is_revoked: boolean
  /** Of the key, or of the login if that is sooner; null: never. */
  expires_at: string | null
  expires_in_ms: number | null
  /** Of a login by the configured key. */
  configured_key_proof: string | null
}

/** All that callers have shown at one moment, in one query. What is not answered is not there. */
export async function readCredentials(db: Database, credentials: readonly Credential[]): Promise<CredentialRow[]> {
  const pick = (kind: Credential['kind']) => credentials.filter((credential) => credential.kind === kind).map(({ sha256 }) => sha256)
  const { rows } = await db.query<CredentialRow>({
    name: 'read_credentials',
    text: `/* readCredentials */
SELECT found.*, (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8 AS expires_in_ms
FROM (
  SELECT 'key' AS kind, k.secret_sha256 AS sha256, k.organization_id, k.id AS key_id, k.name AS key_name, k.scopes, k.requests_per_minute,
    k.revoked_at IS NOT NULL AS is_revoked, k.expires_at, NULL AS configured_key_proof
  FROM api_keys k WHERE k.secret_sha256 = ANY ($1::text[])
  UNION ALL
  SELECT 'login', l.token_sha256, l.organization_id, k.id, k.name, k.scopes, k.requests_per_minute,
    k.revoked_at IS NOT NULL, least(l.expires_at, k.expires_at), l.configured_key_proof
  FROM logins l LEFT JOIN api_keys k ON k.organization_id = l.organization_id AND k.id = l.key_id
  WHERE l.token_sha256 = ANY ($2::text[])
) found`,
    values: [pick('key'), pick('login')],
  })
  return rows
}
