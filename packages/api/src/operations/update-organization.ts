import type { Organization, UpdateOrganizationRequest } from '@reprise/contract'
import { changeOrganization } from '@reprise/store'
import { requireAdmin } from '../access/require-admin.ts'
import type { Caller, Services } from '../services.ts'
import { unknownModel } from './check-agent-settings.ts'
import { getOrganization } from './get-organization.ts'

/** Changes what is given. New limits hold within seconds everywhere; what runs or is open already goes on. */
export async function updateOrganization(services: Services, caller: Caller, changes: UpdateOrganizationRequest): Promise<Organization> {
  requireAdmin(caller)
  const outcome = await changeOrganization(services.db, caller.organization_id, changes)
  if (outcome === 'unknown_model') throw unknownModel('default_model_id', changes.default_model_id!) // what could not be found was given
  return await getOrganization(services, caller)
}
