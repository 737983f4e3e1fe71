import type { Login } from '@reprise/contract'
import { findOrganizations } from '@reprise/store'
import type { Admitted } from '../access/doorkeeper.ts'
import type { Services } from '../services.ts'

/** Says who this is, and whether anybody has to say it here. */
export async function describeLogin({ db, doorkeeper }: Services, admitted: Admitted | null): Promise<Login> {
  const is_required = !(await doorkeeper.openness.isOpen())
  if (!admitted) return { is_required, caller: null }
  const { caller, key_name, expires_at } = admitted
  const { organization_id, key_id, scopes, is_operator } = caller
  const [organization] = await findOrganizations(db, organization_id)
  return { is_required, caller: { organization_id, organization_name: organization?.name ?? '', key_id, key_name, scopes: [...scopes], is_operator, expires_at } }
}
