import type { KeyWithSecret, CreateKeyRequest } from '@reprise/contract'
import { createOrganization, insertKey, seeded, type FoundOrganization } from '@reprise/store'
import type pg from 'pg'

/** A key that is put into the database behind the server's back, as another process does it. */
export async function makeKey(pool: pg.Pool, settings: Partial<CreateKeyRequest> & { organization_id?: string } = {}): Promise<KeyWithSecret> {
  const { organization_id = seeded.organization_id, ...request } = settings
  return await insertKey(pool, organization_id, { name: 'Test', scopes: ['admin'], expires_at: null, requests_per_minute: null, ...request })
}

/** An organization of its own, and an admin's key of it. */
export async function makeOrganization(pool: pg.Pool, name = 'Other'): Promise<{ organization: FoundOrganization; key: KeyWithSecret }> {
  const organization = await createOrganization(pool, name)
  return { organization, key: await makeKey(pool, { organization_id: organization.id }) }
}
