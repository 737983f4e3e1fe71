import { newId } from '@reprise/contract'
import { inTransaction, type Database, type DatabasePool } from '../database.ts'
import { putStartingRows } from './seed.ts'

export interface Organization {
  id: string
  name: string
  created_at: string
}

/** Makes an organization with all that a new one needs to work at once: a simulated model, and an agent `assistant`. */
export async function createOrganization(pool: DatabasePool, name: string): Promise<Organization> {
  return await inTransaction(pool, async (transaction, complete) => {
    const id = newId('organization')
    await putStartingRows(transaction, { organization_id: id, provider_id: newId('provider'), model_id: newId('model'), agent_id: newId('agent') }, name)
    const [organization] = await findOrganizations(transaction, id)
    await complete()
    return organization!
  })
}

export async function listOrganizations(db: Database): Promise<(Organization & { keys: number })[]> {
  const { rows } = await db.query<Organization & { keys: number }>(`/* listOrganizations */
SELECT o.id, o.name, o.created_at, (SELECT count(*) FROM api_keys k WHERE k.organization_id = o.id AND k.revoked_at IS NULL) AS keys
FROM organizations o ORDER BY o.created_at, o.id`)
  return rows
}

/** By its id, or by its name, which several may have. */
export async function findOrganizations(db: Database, idOrName: string): Promise<Organization[]> {
  const { rows } = await db.query<Organization>({
    name: 'find_organizations',
    text: `/* findOrganizations */ SELECT id, name, created_at FROM organizations WHERE id = $1 OR name = $1 ORDER BY created_at, id`,
    values: [idOrName],
  })
  return rows
}
