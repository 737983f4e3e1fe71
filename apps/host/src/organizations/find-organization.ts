import { findOrganizations, seeded, type Database, type FoundOrganization } from '@reprise/store'
import { StartError } from '../start-error.ts'

/** The organization of this id or name; without one the seeded one. */
export async function findOrganization(db: Database, idOrName: string = seeded.organization_id): Promise<FoundOrganization> {
  const [found, another] = await findOrganizations(db, idOrName)
  if (!found) throw new StartError(`There is no organization ${JSON.stringify(idOrName)}. "reprise organizations list" shows those that are there, "reprise organizations create" makes one.`)
  if (another) throw new StartError(`Several organizations have the name ${JSON.stringify(idOrName)}: give the id of one, as "reprise organizations list" shows it.`)
  return found
}
