import type { Organization } from '@reprise/contract'
import type { Database } from '../database.ts'

export type FoundOrganization = Pick<Organization, 'id' | 'name' | 'created_at'>

export async function listOrganizations(db: Database): Promise<(FoundOrganization & { keys: number })[]> {
  const { rows } = await db.query<FoundOrganization & { keys: number }>(`/* listOrganizations */
SELECT o.id, o.name, o.created_at, (SELECT count(*) FROM api_keys k WHERE k.organization_id = o.id AND k.revoked_at IS NULL) AS keys
FROM organizations o ORDER BY o.created_at, o.id`)
  return rows
}

/** By its id, or else by its name, which several may have. An organization names itself, and could name itself like another's id. */
export async function findOrganizations(db: Database, idOrName: string): Promise<FoundOrganization[]> {
  const { rows } = await db.query<FoundOrganization>({
    name: 'find_organizations',
    text: `/* findOrganizations */
SELECT id, name, created_at FROM organizations
WHERE id = $1 OR name = $1 AND NOT EXISTS (SELECT FROM organizations WHERE id = $1)
ORDER BY created_at, id`,
    values: [idOrName],
  })
  return rows
}
