import type { Database } from '../database.ts'

export interface NewLogin {
  organization_id: string
  token_sha256: string
  /** One of these two. */
  key_id: string | null
  configured_key_proof: string | null
  lifetime_ms: number
}

/** Stores a login, and removes those of its organization that have ended. */
export async function insertLogin(db: Database, { organization_id, token_sha256, key_id, configured_key_proof, lifetime_ms }: NewLogin): Promise<void> {
  await db.query({
    name: 'insert_login',
    text: `/* insertLogin */
WITH ended AS (DELETE FROM logins WHERE organization_id = $1 AND expires_at < clock_timestamp())
INSERT INTO logins (organization_id, token_sha256, key_id, configured_key_proof, expires_at)
VALUES ($1, $2, $3, $4, clock_timestamp() + $5::float8 * interval '1 millisecond')`,
    values: [organization_id, token_sha256, key_id, configured_key_proof, lifetime_ms],
  })
}

/** By its token alone: who holds it may end it. */
export async function deleteLogin(db: Database, tokenSha256: string): Promise<void> {
  await db.query({ name: 'delete_login', text: `/* deleteLogin */ DELETE FROM logins WHERE token_sha256 = $1`, values: [tokenSha256] })
}
