import { AppError, type Organization } from '@reprise/contract'
import { readOrganization } from '@reprise/store'
import type { Caller, Services } from '../services.ts'

/** The caller's own organization: there is no way to name another. */
export async function getOrganization({ db }: Services, caller: Caller): Promise<Organization> {
  const organization = await readOrganization(db, caller.organization_id)
  if (!organization) throw new AppError('not_found')
  return organization
}
